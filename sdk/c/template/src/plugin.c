/* @NAME@: a plugin for midimon. */
#include "midimon.h"

MIDIMON_METADATA(
    "{\"name\":\"@NAME@\",\"version\":\"0.1.0\",\"description\":\"Says hello\","
    "\"actions\":[{\"id\":\"greet\",\"label\":\"Greet\",\"description\":\"Says hello to somebody\","
    "\"params\":{\"type\":\"object\",\"properties\":{"
    "\"who\":{\"type\":\"string\",\"description\":\"Whom to greet\",\"default\":\"world\","
    "\"minLength\":1,\"maxLength\":64}},\"additionalProperties\":false}}]}")

/* The greeting as a JSON string; what JSON does not have as it is becomes a space. */
static void quote(char* out, size_t size, const char* text) {
  size_t n = 0;
  for (; *text != '\0' && n + 1 < size; ++text) {
    const unsigned char c = (unsigned char)*text;
    out[n++] = c < 0x20 || c == '"' || c == '\\' ? ' ' : *text;
  }
  out[n] = '\0';
}

int midimon_execute(const char* request, size_t length) {
  char action[32], who[260], name[260], greeting[300], output[320];
  if (!midimon_get_string(request, length, "action", action, sizeof action)) {
    return MIDIMON_BAD_JSON;
  }
  if (strcmp(action, "greet") != 0) {
    return midimon_error(MIDIMON_FAILED, "The plugin has no such action.");
  }
  if (!midimon_get_string(request, length, "who", who, sizeof who)) {
    if (midimon_has(request, length, "who")) {
      return midimon_error(MIDIMON_FAILED, "\"who\" is not a text of at most 64 characters.");
    }
    strcpy(who, "world");
  }
  quote(name, sizeof name, who);
  strcpy(greeting, "Hello, ");
  strcat(strcat(greeting, name), "!");
  midimon_log(MIDIMON_INFO, greeting);
  strcpy(output, "{\"greeting\":\"");
  strcat(strcat(output, greeting), "\"}");
  midimon_output(output);
  return MIDIMON_OK;
}
