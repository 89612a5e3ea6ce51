/* Calls one host function that reaches outside, as the action says, and tells what it answered. */
#include <stdio.h>
#include <string.h>

#include "midimon.h"

MIDIMON_METADATA(
    "{\"name\":\"asking\",\"version\":\"1.0.0\",\"license\":\"MIT\","
    "\"capabilities\":[\"systemcontrol\",\"audio\",\"midi\"],"
    "\"settings\":{\"type\":\"object\",\"properties\":{\"host\":{\"type\":\"string\"}},"
    "\"additionalProperties\":false},"
    "\"actions\":[{\"id\":\"secret_get\"},{\"id\":\"secret_set\"},{\"id\":\"config_get\"},"
    "{\"id\":\"set_state\"},{\"id\":\"key_send\"},{\"id\":\"notify\"},{\"id\":\"clipboard_set\"},"
    "{\"id\":\"app_list\"},{\"id\":\"midi_send\"}]}")

MIDIMON_IMPORT("last_error") uint32_t last_error(char* to, uint32_t capacity, uint32_t* length);
MIDIMON_IMPORT("secret_get")
uint32_t secret_get(const char* name, uint32_t name_length, char* to, uint32_t capacity,
                    uint32_t* length);
MIDIMON_IMPORT("secret_set")
uint32_t secret_set(const char* name, uint32_t name_length, const char* value,
                    uint32_t value_length);
MIDIMON_IMPORT("config_get") uint32_t config_get(char* to, uint32_t capacity, uint32_t* length);
MIDIMON_IMPORT("set_state") uint32_t set_state(const char* json, uint32_t length);
MIDIMON_IMPORT("key_send") uint32_t key_send(const char* chord, uint32_t length);
MIDIMON_IMPORT("notify") uint32_t notify(const char* json, uint32_t length);
MIDIMON_IMPORT("clipboard_set") uint32_t clipboard_set(const char* text, uint32_t length);
MIDIMON_IMPORT("app_list") uint32_t app_list(char* to, uint32_t capacity, uint32_t* length);
MIDIMON_IMPORT("midi_send")
uint32_t midi_send(const char* port, uint32_t port_length, const char* bytes,
                   uint32_t bytes_length);

static char got[4096];

static uint32_t call(const char* request, uint32_t* length) {
  static const char state[] = "{\"state\":\"recording\",\"led\":127}";
  static const char notice[] = "{\"title\":\"Hello\"}";
#define IS(name) (strstr(request, "\"action\":\"" name "\"") != NULL)
  if (IS("secret_get")) return secret_get("token", 5, got, sizeof got, length);
  if (IS("secret_set")) return secret_set("token", 5, "refreshed", 9);
  if (IS("config_get")) return config_get(got, sizeof got, length);
  if (IS("set_state")) return set_state(state, sizeof state - 1);
  if (IS("key_send")) return key_send("ctrl+s", 6);
  if (IS("notify")) return notify(notice, sizeof notice - 1);
  if (IS("clipboard_set")) return clipboard_set("copied", 6);
  if (IS("app_list")) return app_list(got, sizeof got, length);
  return midi_send("", 0, "\xf8", 1);
}

int midimon_execute(const char* request, size_t length) {
  static char text[1024];
  uint32_t size = 0, why_size = 0;
  const uint32_t answer = call(request, &size);
  (void)length;
  fwrite(got, 1, size, stdout);
  fflush(stdout);
  if (answer == 0) return MIDIMON_OK;
  last_error(text, sizeof text - 16, &why_size);
  snprintf(text + why_size, 16, " [%u]", (unsigned)answer);
  return midimon_error(MIDIMON_FAILED, text);
}
