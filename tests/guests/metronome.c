/* A trigger plugin: presses C4 every 50 ms. Its action says that it records, and lights its pad. */
#include "midimon.h"

MIDIMON_METADATA(
    "{\"name\":\"metronome\",\"version\":\"1.0.0\",\"license\":\"Apache-2.0\",\"type\":\"trigger\","
    "\"actions\":[{\"id\":\"record\"}]}")

MIDIMON_IMPORT("set_state") uint32_t set_state(const char* json, uint32_t length);

static const char events[] = "{\"events\":[\"press C4 100\",\"release C4\"],\"next_ms\":50}";

MIDIMON_EXPORT("poll") int64_t poll(void) {
  return (int64_t)(((uint64_t)(uintptr_t)events << 32) | (sizeof events - 1));
}

int midimon_execute(const char* request, size_t length) {
  static const char state[] = "{\"state\":\"recording\",\"text\":\"REC\",\"led\":127}";
  (void)request;
  (void)length;
  return set_state(state, sizeof state - 1) == 0 ? MIDIMON_OK : MIDIMON_FAILED;
}
