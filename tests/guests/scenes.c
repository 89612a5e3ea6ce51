/* Says which params it takes, and answers with those it got. */
#include "midimon.h"

MIDIMON_METADATA(
    "{\"name\":\"scenes\",\"version\":\"1.0.0\",\"actions\":[{\"id\":\"switch\",\"params\":{"
    "\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"scene\"],\"properties\":{"
    "\"scene\":{\"enum\":[\"Live\",\"Break\"]},"
    "\"level\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":100},"
    "\"title\":{\"type\":\"string\",\"maxLength\":8}}}},"
    "{\"id\":\"stop\"}]}")

int midimon_execute(const char* request, size_t length) {
  midimon_host_set_output(request, (uint32_t)length);
  return MIDIMON_OK;
}
