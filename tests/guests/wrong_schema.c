/* Gives a schema that is none. */
#include "midimon.h"

MIDIMON_METADATA(
    "{\"name\":\"wrong-schema\",\"version\":\"1.0.0\",\"actions\":[{\"id\":\"x\",\"params\":{"
    "\"properties\":{\"scene\":{\"type\":\"text\"}}}}]}")

int midimon_execute(const char* request, size_t length) {
  (void)request;
  (void)length;
  return MIDIMON_OK;
}
