/* Reaches out of the sandbox as its params ask: over HTTP, a WebSocket that stays from call to
 * call, and by a program. What came back is printed. */
#include <stdio.h>

#include "midimon.h"

MIDIMON_METADATA(
    "{\"name\":\"reach\",\"version\":\"1.0.0\",\"lifetime\":\"session\","
    "\"capabilities\":[\"network\",\"subprocess\"],"
    "\"actions\":[{\"id\":\"http\"},{\"id\":\"repeat\"},{\"id\":\"talk\"},{\"id\":\"exec\"}]}")

MIDIMON_IMPORT("last_error")
uint32_t last_error(char* buffer, uint32_t capacity, uint32_t* length);
MIDIMON_IMPORT("http_request")
uint32_t http_request(const char* request, uint32_t request_length, const char* body,
                      uint32_t body_length, uint32_t* handle);
MIDIMON_IMPORT("http_read")
uint32_t http_read(uint32_t handle, char* buffer, uint32_t capacity, uint32_t* length);
MIDIMON_IMPORT("http_close") uint32_t http_close(uint32_t handle);
MIDIMON_IMPORT("ws_connect")
uint32_t ws_connect(const char* request, uint32_t request_length, uint32_t* handle);
MIDIMON_IMPORT("ws_send")
uint32_t ws_send(uint32_t handle, uint32_t kind, const char* data, uint32_t length);
struct received {
  uint32_t kind, length;
};
MIDIMON_IMPORT("ws_receive")
uint32_t ws_receive(uint32_t handle, uint32_t timeout_ms, char* buffer, uint32_t capacity,
                    struct received* received);
MIDIMON_IMPORT("exec")
uint32_t exec(const char* request, uint32_t request_length, const char* input,
              uint32_t input_length, uint32_t* handle);
MIDIMON_IMPORT("exec_read")
uint32_t exec_read(uint32_t handle, uint32_t stream, char* buffer, uint32_t capacity,
                   uint32_t* length);
MIDIMON_IMPORT("exec_close") uint32_t exec_close(uint32_t handle);

static char wanted[8192];
static char buffer[65536];
static uint32_t socket_handle;

static int failed(uint32_t answer) {
  char why[4096];
  uint32_t length = 0;
  if (last_error(why, sizeof why - 1, &length) != 0) length = 0;
  why[length] = '\0';
  return midimon_error((int)answer, why);
}

static void show(uint32_t length) {
  fwrite(buffer, 1, length, stdout);
  fflush(stdout);
}

static int http(int print) {
  uint32_t handle = 0, length = 1;
  uint32_t answer = http_request(wanted, (uint32_t)strlen(wanted), NULL, 0, &handle);
  if (answer != 0) return failed(answer);
  while (answer == 0 && length > 0) {
    answer = http_read(handle, buffer, sizeof buffer, &length);
    if (answer == 0 && print) show(length);
  }
  if (answer != 0) return failed(answer);
  http_close(handle);
  return MIDIMON_OK;
}

static int talk(void) {
  struct received received;
  uint32_t answer = 0;
  if (socket_handle == 0) answer = ws_connect(wanted, (uint32_t)strlen(wanted), &socket_handle);
  if (answer == 0) answer = ws_send(socket_handle, 1, "hello", 5);
  if (answer == 0) answer = ws_receive(socket_handle, 10000, buffer, sizeof buffer, &received);
  if (answer != 0) return failed(answer);
  show(received.length);
  return MIDIMON_OK;
}

static int run(void) {
  uint32_t handle = 0, length = 0;
  uint32_t answer = exec(wanted, (uint32_t)strlen(wanted), "input", 5, &handle);
  if (answer == 0) answer = exec_read(handle, 1, buffer, sizeof buffer, &length);
  if (answer != 0) return failed(answer);
  show(length);
  exec_close(handle);
  return MIDIMON_OK;
}

int midimon_execute(const char* request, size_t length) {
  char action[16];
  if (!midimon_get_string(request, length, "action", action, sizeof action) ||
      !midimon_get_string(request, length, "request", wanted, sizeof wanted))
    return MIDIMON_BAD_JSON;
  if (strcmp(action, "http") == 0) return http(1);
  if (strcmp(action, "talk") == 0) return talk();
  if (strcmp(action, "exec") == 0) return run();
  for (long i = midimon_get_integer(request, length, "times", 0); i > 0; --i) {
    const int status = http(0);
    if (status != MIDIMON_OK) return status;
  }
  return MIDIMON_OK;
}
