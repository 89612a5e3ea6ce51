/* Says that it runs, as the first thing it does. */
#include "midimon.h"

MIDIMON_METADATA(
    "{\"name\":\"first\",\"version\":\"1.0.0\",\"description\":\"Says that it runs\","
    "\"author\":\"midimon\",\"license\":\"Apache-2.0\",\"type\":\"action\","
    "\"actions\":[{\"id\":\"say\",\"label\":\"Say\"}]}")

int midimon_execute(const char* request, size_t length) {
  (void)request;
  (void)length;
  midimon_log(MIDIMON_DEBUG, "1");
  return MIDIMON_OK;
}
