/* @NAME@: a plugin for midimon. */
#include "midimon_params.h"

/* The params of the action: a struct, its reader and its JSON Schema. */
#define GREET(FIELD, AND) FIELD(text, who, 64, "world", "Whom to greet")
MIDIMON_PARAMS(greet, GREET)

MIDIMON_METADATA(
    "{\"name\":\"@NAME@\",\"version\":\"0.1.0\",\"description\":\"Says hello\",\"actions\":["
    "{\"id\":\"greet\",\"label\":\"Greet\",\"description\":\"Says hello to somebody\","
    "\"params\":" MIDIMON_SCHEMA(GREET) "}]}")

static int say_hello(const char* request, size_t length) {
  char greeting[300], output[700];
  struct greet params;
  if (!greet_read(request, length, &params)) return MIDIMON_FAILED;
  greeting[0] = output[0] = '\0';
  midimon_append(greeting, sizeof greeting, "Hello, ");
  midimon_append(greeting, sizeof greeting, params.who);
  midimon_append(greeting, sizeof greeting, "!");
  midimon_log(MIDIMON_INFO, greeting);
  midimon_append(output, sizeof output, "{\"greeting\":");
  midimon_append_string(output, sizeof output, greeting);
  midimon_append(output, sizeof output, "}");
  midimon_output(output);
  return MIDIMON_OK;
}

int midimon_execute(const char* request, size_t length) {
  if (midimon_is_action(request, length, "greet")) return say_hello(request, length);
  return midimon_error(MIDIMON_FAILED, "The plugin has no such action.");
}
