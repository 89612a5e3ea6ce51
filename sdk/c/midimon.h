/* midimon.h: all a plugin in C or C++ needs. Header-only; include it in one source file.
 *
 * A plugin defines
 *   MIDIMON_METADATA("{...}")            what it says of itself, as JSON
 *   int midimon_execute(const char* request, size_t length)
 *                                        one call: 0 for success, 3 or above for an error of its
 * own and may call midimon_log, midimon_output, midimon_error. Build it with clang
 * --target=wasm32-wasi -mexec-model=reactor -O2 plugin.c -o plugin.wasm
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

int midimon_execute(const char* request, size_t length);
extern const char midimon_metadata[];

MIDIMON_EXPORT("init") int64_t midimon_abi_init(void) {
  return (int64_t)(((uint64_t)(uintptr_t)midimon_metadata << 32) | strlen(midimon_metadata));
}

MIDIMON_EXPORT("alloc") void* midimon_abi_alloc(uint32_t size) {
  return malloc(size);
}

MIDIMON_EXPORT("dealloc") void midimon_abi_dealloc(void* memory, uint32_t size) {
  (void)size;
  free(memory);
}

MIDIMON_EXPORT("execute") int32_t midimon_abi_execute(const char* request, uint32_t length) {
  return midimon_execute(request, length);
}

#define MIDIMON_METADATA(json) const char midimon_metadata[] = json;

/* Finds the string value of `key` in `request`, the JSON that the host wrote, and copies it to
 * `value` with a NUL; the first such key anywhere counts. 0 if there is none or it does not fit.
 * Enough for "action" and simple params; use a JSON library for more. */
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
      if (request[i] == '\\' && i + 1 < length) ++i;
      value[n] = request[i];
    }
    value[n] = '\0';
    return i < length && request[i] == '"';
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

#ifdef __cplusplus
}
#endif

#endif
