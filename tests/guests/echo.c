/* Answers every request with itself, says something on both streams and in the log. */
#include <stdio.h>

#include "midimon.h"

MIDIMON_METADATA(
    "{\"name\":\"echo\",\"version\":\"1.0.0\",\"description\":\"Answers with its request\","
    "\"author\":\"midimon\",\"license\":\"Apache-2.0\",\"type\":\"action\","
    "\"actions\":[{\"id\":\"say\",\"label\":\"Say\",\"description\":\"Says it\","
    "\"params\":{\"type\":\"object\"}},{\"id\":\"fail\",\"label\":\"Fail\"}]}")

int midimon_execute(const char* request, size_t length) {
  char action[64];
  if (!midimon_get_string(request, length, "action", action, sizeof action))
    return MIDIMON_BAD_JSON;
  printf("out: %s\n", action);
  fprintf(stderr, "err: %s\n", action);
  midimon_log(MIDIMON_INFO, "executing\nline two");
  if (strcmp(action, "fail") == 0) return midimon_error(7, "failed \x1b[31mas asked");
  if (strcmp(action, "bad_output") == 0) {
    midimon_output("{not json");
    return MIDIMON_OK;
  }
  midimon_host_set_output(request, (uint32_t)length);
  return MIDIMON_OK;
}
