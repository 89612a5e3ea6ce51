/* midimon.h: all a plugin in C needs, and every function of the host. Header-only.
 *
 * A plugin defines
 *   MIDIMON_METADATA("{...}")            what it says of itself, as JSON
 *   int midimon_execute(const char* request, size_t length)
 *                                        one call: 0 for success, 3 or above for an error of its
 * own and one that is of type "trigger" besides MIDIMON_POLL { return midimon_events("{...}"); }
 *
 * Build it with clang --target=wasm32-wasi -mexec-model=reactor -O2 plugin.c -o plugin.wasm
 * One source file includes it as it is; others define MIDIMON_HOST_ONLY before, for the functions
 * without the exports. docs/abi.md says what each function does.
 */
#ifndef MIDIMON_H
#define MIDIMON_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MIDIMON_IMPORT(name) __attribute__((import_module("midimon"), import_name(name)))
#define MIDIMON_EXPORT(name) __attribute__((export_name(name)))

enum midimon_level { MIDIMON_DEBUG = 0, MIDIMON_INFO = 1, MIDIMON_WARNING = 2, MIDIMON_ERROR = 3 };

/* What `execute` returns. */
enum midimon_status {
  MIDIMON_OK = 0,
  MIDIMON_BAD_MEMORY = 1,
  MIDIMON_BAD_JSON = 2,
  MIDIMON_FAILED = 3
};

MIDIMON_IMPORT("log") void midimon_host_log(uint32_t level, const char* text, uint32_t length);
MIDIMON_IMPORT("set_output") uint32_t midimon_host_set_output(const char* json, uint32_t length);
MIDIMON_IMPORT("set_error") uint32_t midimon_host_set_error(const char* text, uint32_t length);

/* What the plugin keeps in its directory, and what it may. */
struct midimon_storage {
  uint64_t used_bytes, allowed_bytes, used_entries, allowed_entries;
};
/* 0; 3 for a plugin without the capability "filesystem". */
MIDIMON_IMPORT("storage_usage") uint32_t midimon_storage_usage(struct midimon_storage* usage);

/* What the functions below answer. */
enum midimon_answer {
  MIDIMON_ANSWER_OK = 0,
  MIDIMON_BAD_TEXT = 1,    /* not inside memory, not aligned, or not UTF-8 */
  MIDIMON_TOO_LARGE = 2,   /* more than the function takes */
  MIDIMON_NOT_GRANTED = 3, /* midimon_last_error says what */
  MIDIMON_INVALID = 4,     /* not the JSON or the value that it should be */
  MIDIMON_WENT_WRONG = 5,  /* tried, and it went wrong; midimon_last_error says why */
  MIDIMON_NOT_FOUND = 6,   /* no such handle, no such secret */
  MIDIMON_TIMED_OUT = 7,
  MIDIMON_CLOSED = 8,       /* the other side has closed the connection */
  MIDIMON_TOO_SMALL = 9,    /* the buffer: *length says how much is needed; call again */
  MIDIMON_UNAVAILABLE = 10, /* this machine or host offers no such thing */
  MIDIMON_TOO_MANY = 11     /* handles are open */
};

/* Why the last function that answered 3, 4, 5, 7 or 10 did: a sentence, without a NUL. */
MIDIMON_IMPORT("last_error")
uint32_t midimon_last_error(char* buffer, uint32_t capacity, uint32_t* length);

MIDIMON_IMPORT("http_request")
uint32_t midimon_http_request(const char* request, uint32_t request_length, const void* body,
                              uint32_t body_length, uint32_t* handle);
MIDIMON_IMPORT("http_head")
uint32_t midimon_http_head(uint32_t handle, char* buffer, uint32_t capacity, uint32_t* length);
/* The next piece of the body; no bytes at its end. */
MIDIMON_IMPORT("http_read")
uint32_t midimon_http_read(uint32_t handle, void* buffer, uint32_t capacity, uint32_t* length);
MIDIMON_IMPORT("http_close") uint32_t midimon_http_close(uint32_t handle);

enum midimon_message { MIDIMON_TEXT = 1, MIDIMON_BINARY = 2 };
struct midimon_received {
  uint32_t kind, length; /* of enum midimon_message; in bytes */
};
MIDIMON_IMPORT("ws_connect")
uint32_t midimon_ws_connect(const char* request, uint32_t request_length, uint32_t* handle);
MIDIMON_IMPORT("ws_send")
uint32_t midimon_ws_send(uint32_t handle, uint32_t kind, const void* data, uint32_t length);
/* One whole message; MIDIMON_TIMED_OUT if none came in time. */
MIDIMON_IMPORT("ws_receive")
uint32_t midimon_ws_receive(uint32_t handle, uint32_t timeout_ms, void* buffer, uint32_t capacity,
                            struct midimon_received* received);
MIDIMON_IMPORT("ws_close") uint32_t midimon_ws_close(uint32_t handle, uint32_t code);

enum midimon_stream { MIDIMON_STDOUT = 1, MIDIMON_STDERR = 2 };
/* Runs a program; returns once it has ended. */
MIDIMON_IMPORT("exec")
uint32_t midimon_exec(const char* request, uint32_t request_length, const void* input,
                      uint32_t input_length, uint32_t* handle);
MIDIMON_IMPORT("exec_result")
uint32_t midimon_exec_result(uint32_t handle, char* buffer, uint32_t capacity, uint32_t* length);
MIDIMON_IMPORT("exec_read")
uint32_t midimon_exec_read(uint32_t handle, uint32_t stream, void* buffer, uint32_t capacity,
                           uint32_t* length);
MIDIMON_IMPORT("exec_close") uint32_t midimon_exec_close(uint32_t handle);

/* Whole MIDI messages to the outputs with `port` in their names; "" is the controllers. */
MIDIMON_IMPORT("midi_send")
uint32_t midimon_midi_send(const char* port, uint32_t port_length, const void* bytes,
                           uint32_t bytes_length);

MIDIMON_IMPORT("key_send") uint32_t midimon_key_send(const char* chord, uint32_t length);
MIDIMON_IMPORT("text_send") uint32_t midimon_text_send(const char* text, uint32_t length);
MIDIMON_IMPORT("mouse_click") uint32_t midimon_mouse_click(uint32_t button, uint32_t count);
MIDIMON_IMPORT("mouse_move") uint32_t midimon_mouse_move(int32_t x, int32_t y, uint32_t relative);

struct midimon_volume {
  uint32_t percent, muted;
};
enum midimon_mute { MIDIMON_UNMUTE = 0, MIDIMON_MUTE = 1, MIDIMON_LEAVE = 2, MIDIMON_TOGGLE = 3 };
/* "" is the default output. */
MIDIMON_IMPORT("volume_get")
uint32_t midimon_volume_get(const char* output, uint32_t length, struct midimon_volume* volume);
/* 0 to 100 percent, or -1 as it is. */
MIDIMON_IMPORT("volume_set")
uint32_t midimon_volume_set(const char* output, uint32_t length, int32_t percent, uint32_t mute);

MIDIMON_IMPORT("notify") uint32_t midimon_notify(const char* json, uint32_t length);
MIDIMON_IMPORT("open_url") uint32_t midimon_open_url(const char* url, uint32_t length);
MIDIMON_IMPORT("clipboard_get")
uint32_t midimon_clipboard_get(char* buffer, uint32_t capacity, uint32_t* length);
MIDIMON_IMPORT("clipboard_set") uint32_t midimon_clipboard_set(const char* text, uint32_t length);
MIDIMON_IMPORT("app_list")
uint32_t midimon_app_list(char* buffer, uint32_t capacity, uint32_t* length);
MIDIMON_IMPORT("app_focus") uint32_t midimon_app_focus(const char* name, uint32_t length);
MIDIMON_IMPORT("app_launch") uint32_t midimon_app_launch(const char* id, uint32_t length);

MIDIMON_IMPORT("secret_get")
uint32_t midimon_secret_get(const char* name, uint32_t name_length, char* buffer, uint32_t capacity,
                            uint32_t* length);
MIDIMON_IMPORT("secret_set")
uint32_t midimon_secret_set(const char* name, uint32_t name_length, const char* value,
                            uint32_t value_length);
MIDIMON_IMPORT("config_get")
uint32_t midimon_config_get(char* buffer, uint32_t capacity, uint32_t* length);
MIDIMON_IMPORT("set_state") uint32_t midimon_set_state(const char* json, uint32_t length);

/* Writes one line to midimon's log. */
static inline void midimon_log(enum midimon_level level, const char* text) {
  midimon_host_log((uint32_t)level, text, (uint32_t)strlen(text));
}

/* Gives the call's result, a JSON value. 0 if the host took it. */
static inline uint32_t midimon_output(const char* json) {
  return midimon_host_set_output(json, (uint32_t)strlen(json));
}

/* Says what went wrong, for the person who pressed the pad; returns `status`, to be returned. */
static inline int midimon_error(int status, const char* text) {
  midimon_host_set_error(text, (uint32_t)strlen(text));
  return status;
}

/* Appends `text` to the string in `out`, whose room is `size` bytes. 0 if it does not fit whole;
 * nothing is appended then. */
__attribute__((noinline, unused)) static int midimon_append(char* out, size_t size,
                                                            const char* text) {
  const size_t used = strlen(out), more = strlen(text);
  if (size <= used || more >= size - used) return 0;
  for (size_t i = 0; i <= more; ++i)
    out[used + i] = text[i];
  return 1;
}

/* The same as a JSON string, with quotes around it. */
static inline int midimon_append_string(char* out, size_t size, const char* text) {
  static const char hex[] = "0123456789abcdef";
  const size_t start = strlen(out);
  size_t used = start;
  char piece[7];
  int fits = midimon_append(out, size, "\"");
  for (; fits && *text != '\0'; ++text) {
    const unsigned char c = (unsigned char)*text;
    int n = 0;
    if (c == '"' || c == '\\' || c < 0x20) piece[n++] = '\\';
    if (c < 0x20) {
      piece[n++] = 'u', piece[n++] = '0', piece[n++] = '0', piece[n++] = hex[c >> 4];
      piece[n++] = hex[c & 15];
    } else {
      piece[n++] = (char)c;
    }
    piece[n] = '\0';
    used = strlen(out + used) + used;
    fits = midimon_append(out + used, size - used, piece);
  }
  fits = fits && midimon_append(out, size, "\"");
  if (!fits && start < size) out[start] = '\0';
  return fits;
}

/* What a backslash and `at` stand for; NUL for what is no ASCII, as the host writes all else as it
 * is, and for NUL itself. */
static inline char midimon_escaped(const char* at, size_t length) {
  static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
  const char* const known = strchr(from, *at);
  unsigned code = 0;
  if (*at != 'u') return known != NULL && *at != '\0' ? to[known - from] : *at;
  if (length < 5) return '\0';
  for (int i = 1; i < 5; ++i) {
    const char c = at[i];
    code = code * 16 + (unsigned)(c >= '0' && c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
  }
  return code < 0x80 ? (char)code : '\0';
}

/* Finds the string value of `key` in `request`, the JSON that the host wrote, and copies it to
 * `value` with a NUL; the first such key anywhere counts. 0 if there is none, it does not fit, or
 * it has a NUL in it. Enough for "action"; midimon_params.h reads params. */
static inline int midimon_get_string(const char* request, size_t length, const char* key,
                                     char* value, size_t size) {
  const size_t key_length = strlen(key);
  size_t i, n;
  for (i = 0; i + key_length + 4 < length; ++i) {
    if (request[i] != '"' || strncmp(request + i + 1, key, key_length) != 0 ||
        request[i + 1 + key_length] != '"' || request[i + 2 + key_length] != ':' ||
        request[i + 3 + key_length] != '"')
      continue;
    i += key_length + 4;
    for (n = 0; i < length && request[i] != '"' && n + 1 < size; ++i, ++n) {
      value[n] = request[i];
      if (request[i] != '\\' || i + 1 == length) continue;
      value[n] = midimon_escaped(request + i + 1, length - i - 1);
      if (value[n] == '\0') return 0;
      i += request[i + 1] == 'u' ? 5 : 1;
    }
    value[n] = '\0';
    return i < length && request[i] == '"';
  }
  return 0;
}

/* Whether `key` has a value, found as above, of whatever type. */
static inline int midimon_has(const char* request, size_t length, const char* key) {
  const size_t key_length = strlen(key);
  size_t i;
  for (i = 0; i + key_length + 3 < length; ++i) {
    if (request[i] == '"' && strncmp(request + i + 1, key, key_length) == 0 &&
        request[i + 1 + key_length] == '"' && request[i + 2 + key_length] == ':')
      return 1;
  }
  return 0;
}

/* The integer value of `key`, found as above; `fallback` if there is none or it is null. */
static inline long midimon_get_integer(const char* request, size_t length, const char* key,
                                       long fallback) {
  const size_t key_length = strlen(key);
  size_t i;
  for (i = 0; i + key_length + 3 < length; ++i) {
    if (request[i] != '"' || strncmp(request + i + 1, key, key_length) != 0 ||
        request[i + 1 + key_length] != '"' || request[i + 2 + key_length] != ':')
      continue;
    if (request[i + 3 + key_length] != '-' &&
        (request[i + 3 + key_length] < '0' || request[i + 3 + key_length] > '9'))
      return fallback;
    return strtol(request + i + 3 + key_length, NULL, 10);
  }
  return fallback;
}

/* Whether it is well-formed UTF-8. */
static inline int midimon_is_utf8(const char* text, size_t length) {
  const unsigned char* at = (const unsigned char*)text;
  const unsigned char* end = at + length;
  while (at < end) {
    const unsigned first = *at++;
    int more = first < 0x80                    ? 0
               : first >= 0xC2 && first < 0xE0 ? 1
               : first >= 0xE0 && first < 0xF0 ? 2
               : first >= 0xF0 && first < 0xF5 ? 3
                                               : 4;
    if (more > end - at) return 0;
    if (more == 4 || (first == 0xE0 && *at < 0xA0) || (first == 0xED && *at >= 0xA0) ||
        (first == 0xF0 && *at < 0x90) || (first == 0xF4 && *at >= 0x90))
      return 0;
    for (; more > 0; --more, ++at) {
      if ((*at & 0xC0) != 0x80) return 0;
    }
  }
  return 1;
}

/* Where a JSON string that begins at `at` has ended; NULL if it does not. */
static inline const char* midimon_skip_string(const char* at, const char* end) {
  if (at == end || *at++ != '"') return NULL;
  for (; at < end && *at != '"'; ++at) {
    if ((unsigned char)*at < 0x20) return NULL;
    if (*at != '\\') continue;
    if (++at == end || strchr("\"\\/bfnrtu", *at) == NULL || *at == '\0') return NULL;
    if (*at != 'u') continue;
    for (int i = 0; i < 4; ++i) {
      if (++at == end || *at == '\0' || strchr("0123456789abcdefABCDEF", *at) == NULL) return NULL;
    }
  }
  return at < end ? at + 1 : NULL;
}

/* The same of a number, or of true, false or null. */
static inline const char* midimon_skip_word(const char* at, const char* end) {
  static const char* const words[] = {"true", "false", "null"};
  const char* start;
  for (int i = 0; i < 3; ++i) {
    const size_t size = strlen(words[i]);
    if ((size_t)(end - at) >= size && strncmp(at, words[i], size) == 0) return at + size;
  }
  if (at < end && *at == '-') ++at;
  start = at;
  while (at < end && *at >= '0' && *at <= '9')
    ++at;
  if (at == start || (*start == '0' && at - start > 1)) return NULL;
  if (at < end && *at == '.') {
    start = ++at;
    while (at < end && *at >= '0' && *at <= '9')
      ++at;
    if (at == start) return NULL;
  }
  if (at < end && (*at == 'e' || *at == 'E')) {
    if (++at < end && (*at == '+' || *at == '-')) ++at;
    start = at;
    while (at < end && *at >= '0' && *at <= '9')
      ++at;
    if (at == start) return NULL;
  }
  return at;
}

/* Whether it is one JSON value, with at most 128 arrays and objects in one another. */
static inline int midimon_is_json(const char* text, size_t length) {
  const char* at = text;
  const char* const end = text + length;
  char open[128]; /* what is open: the character that closes it */
  int depth = 0;
  int done = 0; /* a value has just ended */
  for (;;) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
      ++at;
    if (at == end) return done && depth == 0;
    if (done) {
      if (depth == 0) return 0;
      if (*at == open[depth - 1]) {
        ++at, --depth;
        continue;
      }
      if (*at++ != ',') return 0;
      while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        ++at;
    } else if (at < end && (*at == '{' || *at == '[')) {
      if (depth == (int)sizeof open) return 0;
      open[depth++] = *at == '{' ? '}' : ']';
      ++at;
      while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        ++at;
      if (at < end && *at == open[depth - 1]) {
        ++at, --depth, done = 1;
        continue;
      }
    } else {
      at = *at == '"' ? midimon_skip_string(at, end) : midimon_skip_word(at, end);
      if (at == NULL) return 0;
      done = 1;
      continue;
    }
    /* Where an item or a member begins. */
    done = 0;
    if (open[depth - 1] == '}') {
      at = midimon_skip_string(at, end);
      if (at == NULL) return 0;
      while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        ++at;
      if (at == end || *at++ != ':') return 0;
    }
  }
}

/* What follows reads JSON that is known to be well-formed: a request is, before midimon_execute has
 * it. */

static inline const char* midimon_skip_space(const char* at, const char* end) {
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
    ++at;
  return at;
}

/* Where a value that begins at `at` has ended. */
static inline const char* midimon_skip_value(const char* at, const char* end) {
  int depth = 0;
  while (at != NULL && at < end) {
    if (*at == '"') {
      at = midimon_skip_string(at, end);
    } else if (*at == '{' || *at == '[') {
      ++depth, ++at;
      continue;
    } else if (*at == '}' || *at == ']') {
      --depth, ++at;
    } else if (*at == ',' || *at == ':' || midimon_skip_space(at, end) != at) {
      ++at;
      continue;
    } else {
      at = midimon_skip_word(at, end);
    }
    if (depth <= 0) return at;
  }
  return NULL;
}

/* The value of `key` in the object at `json`, and how long it is; NULL if it has none, if that is
 * null, or if there is no object. */
static inline const char* midimon_member(const char* json, size_t length, const char* key,
                                         size_t* size) {
  const size_t key_length = strlen(key);
  const char* const end = json + length;
  const char* at = json == NULL ? NULL : midimon_skip_space(json, end);
  if (at == NULL || at == end || *at++ != '{') return NULL;
  for (;;) {
    const char* const name = midimon_skip_space(at, end);
    const char* const named = midimon_skip_string(name, end);
    const char* value;
    if (named == NULL) return NULL;
    value = midimon_skip_space(named, end);
    if (value == end || *value++ != ':') return NULL;
    value = midimon_skip_space(value, end);
    at = midimon_skip_value(value, end);
    if (at == NULL) return NULL;
    if ((size_t)(named - name) == key_length + 2 && memcmp(name + 1, key, key_length) == 0) {
      *size = (size_t)(at - value);
      return *value == 'n' ? NULL : value;
    }
    at = midimon_skip_space(at, end);
    if (at == end || *at++ != ',') return NULL;
  }
}

/* Whether it is `action` that is asked for. */
static inline int midimon_is_action(const char* request, size_t length, const char* action) {
  size_t size = 0;
  const char* const value = midimon_member(request, length, "action", &size);
  return value != NULL && size == strlen(action) + 2 && memcmp(value + 1, action, size - 2) == 0;
}

#ifndef MIDIMON_HOST_ONLY
int midimon_execute(const char* request, size_t length);
extern const char midimon_metadata[];

MIDIMON_EXPORT("init") int64_t midimon_abi_init(void) {
  return (int64_t)(((uint64_t)(uintptr_t)midimon_metadata << 32) | strlen(midimon_metadata));
}

/* Room for requests, apart from malloc, which alone is larger than a small plugin. The first is
 * enough for most; the others are pages of memory that are kept once they were needed, each twice
 * as many as the need at least, so that what lies idle stays bounded. */
static char midimon_small_room[4096] __attribute__((aligned(16)));
static struct midimon_room {
  char* at;
  uint32_t size;
  int taken;
} midimon_rooms[4] = {{midimon_small_room, sizeof midimon_small_room, 0}};

MIDIMON_EXPORT("alloc") void* midimon_abi_alloc(uint32_t size) {
  const uint32_t page = 65536, most = 1 << 24;
  struct midimon_room* room = NULL;
  size_t old;
  if (size > most) return NULL;
  for (int i = 0; i < 4; ++i) {
    struct midimon_room* one = &midimon_rooms[i];
    if (!one->taken && one->size >= size && (room == NULL || one->size < room->size)) room = one;
  }
  for (int i = 1; i < 4 && room == NULL; ++i) {
    struct midimon_room* one = &midimon_rooms[i];
    if (one->taken) continue;
    old = __builtin_wasm_memory_grow(0, (2 * size + page - 1) / page);
    if (old == SIZE_MAX) return NULL;
    one->at = (char*)(old * page);
    one->size = (2 * size + page - 1) / page * page;
    room = one;
  }
  if (room == NULL) return NULL;
  room->taken = 1;
  return room->at;
}

MIDIMON_EXPORT("dealloc") void midimon_abi_dealloc(void* memory, uint32_t size) {
  (void)size;
  for (int i = 0; i < 4; ++i) {
    if (midimon_rooms[i].at == memory) midimon_rooms[i].taken = 0;
  }
}

MIDIMON_EXPORT("execute") int32_t midimon_abi_execute(const char* request, uint32_t length) {
  if ((uint64_t)(uintptr_t)request + length > (uint64_t)__builtin_wasm_memory_size(0) * 65536 ||
      !midimon_is_utf8(request, length))
    return MIDIMON_BAD_MEMORY;
  size_t size = 0;
  const char* const action =
      midimon_is_json(request, length) ? midimon_member(request, length, "action", &size) : NULL;
  if (action == NULL || *action != '"') return MIDIMON_BAD_JSON;
  return midimon_execute(request, length);
}

#define MIDIMON_METADATA(json) const char midimon_metadata[] = json;

/* The answer of a poll: JSON with "events" and "next_ms". It has to stay where it is. */
static inline int64_t midimon_events(const char* json) {
  return (int64_t)(((uint64_t)(uintptr_t)json << 32) | strlen(json));
}
#define MIDIMON_POLL MIDIMON_EXPORT("poll") int64_t midimon_abi_poll(void)
#endif

#ifdef __cplusplus
}
#endif

#endif
