/* Counts its calls in memory: with a session it remembers, and a crash makes it forget. */
#include <stdio.h>

#include "midimon.h"

MIDIMON_METADATA(
    "{\"name\":\"counter-session\",\"version\":\"1.0.0\",\"type\":\"action\",\"lifetime\":"
    "\"session\","
    "\"actions\":[{\"id\":\"count\"},{\"id\":\"crash\"}]}")

static int calls;

int midimon_execute(const char* request, size_t length) {
  char action[16];
  char text[32];
  if (!midimon_get_string(request, length, "action", action, sizeof action))
    return MIDIMON_BAD_JSON;
  if (strcmp(action, "crash") == 0) __builtin_trap();
  snprintf(text, sizeof text, "%d", ++calls);
  midimon_output(text);
  return MIDIMON_OK;
}
