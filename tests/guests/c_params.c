/* Every kind of param that the C SDK has, answered with what was read. */
#include <stdio.h>

#include "midimon_params.h"

#define LIGHT(FIELD, AND)                                                      \
  FIELD(required_text, name, 5, "Which light")                                 \
  AND FIELD(text, note, 3, "hi", "What to write on it") AND FIELD(             \
      required_choice, color, "[\"red\", \"green\"]", "Which color") AND       \
  FIELD(choice, mode, "[\"on\",\"off\"]", "off", "What it does") AND           \
  FIELD(required_integer, level, -10, 100, "How bright") AND                   \
  FIELD(integer, big, -9223372036854775807, 9223372036854775807, 7, "Any") AND \
  FIELD(required_number, x, 0.5, 2.5, "Where") AND                             \
  FIELD(number, y, -1, 1, 0.25, "Where, too") AND                              \
  FIELD(flag, blink, 1, "Whether it blinks")

#define PLACE(FIELD, AND) FIELD(text, room, 8, "hall", "Where the lights are")

MIDIMON_PARAMS(light, LIGHT)
MIDIMON_SETTINGS(place, PLACE)

MIDIMON_METADATA(
    "{\"name\":\"c-params\",\"version\":\"1.0.0\",\"settings\":" MIDIMON_SCHEMA(PLACE)
    ",\"actions\":[{\"id\":\"light\",\"params\":" MIDIMON_SCHEMA(LIGHT)
    "},{\"id\":\"unchecked\"},{\"id\":\"append\"}]}")

/* What midimon_append and midimon_append_string make of a room of `size` bytes. */
static int append(const char* text, size_t size) {
  char plain[64] = "ab", json[64] = "[", answer[256] = "[";
  const int fits = midimon_append(plain, size, text);
  const int fits_json = midimon_append_string(json, size, text);
  midimon_append(answer, sizeof answer, fits ? "true," : "false,");
  midimon_append_string(answer, sizeof answer, plain);
  midimon_append(answer, sizeof answer, fits_json ? ",true," : ",false,");
  midimon_append_string(answer, sizeof answer, json);
  midimon_append(answer, sizeof answer, "]");
  midimon_output(answer);
  return MIDIMON_OK;
}

int midimon_execute(const char* request, size_t length) {
  if (midimon_is_action(request, length, "append"))
    return append("c\"\t", (size_t)midimon_get_integer(request, length, "size", 0));
  char text[512];
  struct light light;
  struct place place;
  if (!light_read(request, length, &light) || !place_load(&place)) return MIDIMON_FAILED;
  snprintf(text, sizeof text, "[\"%s\",\"%s\",\"%s\",\"%s\",%lld,%lld,%g,%g,%d,\"%s\"]", light.name,
           light.note, light.color, light.mode, light.level, light.big, light.x, light.y,
           light.blink, place.room);
  midimon_output(text);
  return MIDIMON_OK;
}
