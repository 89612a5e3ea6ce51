/* midimon_params.h: the params of an action as a struct, and the JSON Schema that profiles are held
 * to, both from one list.
 *
 *   #define GREET(FIELD, AND)                             \
 *     FIELD(text, who, 64, "world", "Whom to greet") AND  \
 *     FIELD(integer, times, 1, 10, 1, "How often")
 *   MIDIMON_PARAMS(greet, GREET)          struct greet, and greet_read()
 *   MIDIMON_METADATA("{... \"params\":" MIDIMON_SCHEMA(GREET) "}]}")
 *
 *   if (midimon_is_action(request, length, "greet")) {
 *     struct greet params;
 *     if (!greet_read(request, length, &params)) return MIDIMON_FAILED;   it has said what is wrong
 *
 *   FIELD(text, NAME, MOST, DEFAULT, WHAT)             char NAME[4 * MOST + 1]: UTF-8 with a NUL at
 *                                                      its end, of at most MOST characters
 *   FIELD(choice, NAME, "[\"a\",\"b\"]", DEFAULT, WHAT)  char NAME[], one of a list in JSON
 *   FIELD(integer, NAME, LEAST, MOST, DEFAULT, WHAT)   long long NAME
 *   FIELD(number, NAME, LEAST, MOST, DEFAULT, WHAT)    double NAME
 *   FIELD(flag, NAME, DEFAULT, WHAT)                   int NAME, 0 or 1; so is DEFAULT
 *   FIELD(required_text, NAME, MOST, WHAT)             the same, without a default: the host asks
 *   FIELD(required_choice, NAME, "[...]", WHAT)        for it
 *   FIELD(required_integer, NAME, LEAST, MOST, WHAT)
 *   FIELD(required_number, NAME, LEAST, MOST, WHAT)
 *
 * DEFAULT, WHAT and the items of a list are written to JSON as they are: without quotes in them,
 * and backslashes. MIDIMON_SETTINGS does the same for what config_get gives.
 */
#ifndef MIDIMON_PARAMS_H
#define MIDIMON_PARAMS_H

#include "midimon.h"

/* Four hexadecimal digits. */
static inline unsigned midimon_hex4(const char* at) {
  unsigned code = 0;
  for (int i = 0; i < 4; ++i)
    code = code * 16 + (unsigned)(at[i] <= '9' ? at[i] - '0' : (at[i] | 32) - 'a' + 10);
  return code;
}

/* The next character of a string's inside; NUL for one that C cannot hold in a string. */
static inline unsigned midimon_next_character(const char** at, const char* end) {
  const unsigned char first = (unsigned char)*(*at)++;
  unsigned code, low;
  int more;
  if (first == '\\') {
    const char escape = *(*at)++;
    static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
    const char* const known = strchr(from, escape);
    if (escape != 'u') return (unsigned char)(known != NULL ? to[known - from] : escape);
    code = midimon_hex4(*at);
    *at += 4;
    if (code < 0xD800 || code > 0xDFFF) return code;
    if (code > 0xDBFF || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u') return 0;
    low = midimon_hex4(*at + 2);
    *at += 6;
    return low < 0xDC00 || low > 0xDFFF ? 0 : 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  code = more == 0 ? first : first & (0x3FU >> more);
  for (; more > 0; --more)
    code = code << 6 | ((unsigned char)*(*at)++ & 0x3FU);
  return code;
}

/* Copies a string of at most `most` characters, which `out` has room for, with a NUL. */
static inline int midimon_read_string(const char* value, size_t size, char* out, unsigned most) {
  const char* at = value + 1;
  const char* const end = value + size - 1;
  if (size < 2 || *value != '"') return 0;
  for (; at < end; --most) {
    const unsigned c = midimon_next_character(&at, end);
    if (c == 0 || most == 0) return 0;
    if (c < 0x80) {
      *out++ = (char)c;
      continue;
    }
    if (c >= 0x10000) *out++ = (char)(0xF0 | c >> 18);
    if (c >= 0x800) *out++ = (char)(c >= 0x10000 ? 0x80 | (c >> 12 & 0x3F) : 0xE0 | c >> 12);
    *out++ = (char)(c >= 0x800 ? 0x80 | (c >> 6 & 0x3F) : 0xC0 | c >> 6);
    *out++ = (char)(0x80 | (c & 0x3F));
  }
  *out = '\0';
  return 1;
}

/* Says that a param is not what it has to be; 0, for a reader to return. */
static inline int midimon_wrong_param(const char* name, const char* what) {
  static char text[256];
  text[0] = '\0';
  midimon_append(text, sizeof text, "\"");
  midimon_append(text, sizeof text, name);
  midimon_append(text, sizeof text, "\" ");
  midimon_append(text, sizeof text, what);
  midimon_append(text, sizeof text, ".");
  return midimon_error(0, text);
}

/* ---- one value each; a param that is not there has its default, or is missing ---- */

static inline int midimon_read_text(const char* params, size_t length, const char* name, char* out,
                                    unsigned most, const char* fallback, const char* wrong) {
  size_t size = 0;
  const char* const value = midimon_member(params, length, name, &size);
  if (value != NULL) {
    return midimon_read_string(value, size, out, most) || midimon_wrong_param(name, wrong);
  }
  if (fallback == NULL) return midimon_wrong_param(name, "is missing");
  *out = '\0';
  return midimon_append(out, 4 * (size_t)most + 1, fallback) || midimon_wrong_param(name, wrong);
}

static inline int midimon_read_choice(const char* params, size_t length, const char* name,
                                      char* out, unsigned room, const char* choices,
                                      const char* fallback, const char* wrong) {
  const char* at = choices + 1;
  const char* const end = choices + strlen(choices);
  size_t size;
  if (!midimon_read_text(params, length, name, out, (room - 1) / 4, fallback, wrong)) return 0;
  for (size = strlen(out); at < end; ++at) { /* at the comma, or the bracket, behind an item */
    const char* const item = midimon_skip_space(at, end);
    at = midimon_skip_string(item, end);
    if (at == NULL) break;
    if ((size_t)(at - item) == size + 2 && memcmp(item + 1, out, size) == 0) return 1;
    at = midimon_skip_space(at, end);
  }
  return midimon_wrong_param(name, wrong);
}

static inline int midimon_read_integer(const char* params, size_t length, const char* name,
                                       long long* out, long long least, long long most,
                                       const long long* fallback, const char* wrong) {
  size_t size = 0;
  const char* at = midimon_member(params, length, name, &size);
  const char* const end = at + size;
  int minus;
  if (at == NULL) {
    if (fallback == NULL) return midimon_wrong_param(name, "is missing");
    *out = *fallback;
    return 1;
  }
  minus = *at == '-';
  at += minus;
  if (at == end) return midimon_wrong_param(name, wrong);
  for (*out = 0; at < end; ++at) {
    const int digit = minus ? '0' - *at : *at - '0';
    if (*at < '0' || *at > '9' || __builtin_mul_overflow(*out, 10, out) ||
        __builtin_add_overflow(*out, digit, out))
      return midimon_wrong_param(name, wrong);
  }
  return (*out >= least && *out <= most) || midimon_wrong_param(name, wrong);
}

static inline int midimon_read_number(const char* params, size_t length, const char* name,
                                      double* out, double least, double most,
                                      const double* fallback, const char* wrong) {
  size_t size = 0;
  const char* const value = midimon_member(params, length, name, &size);
  if (value == NULL) {
    if (fallback == NULL) return midimon_wrong_param(name, "is missing");
    *out = *fallback;
    return 1;
  }
  if (*value != '-' && (*value < '0' || *value > '9')) return midimon_wrong_param(name, wrong);
  *out = strtod(value, NULL); /* what comes behind a number in an object ends it */
  return (*out >= least && *out <= most) || midimon_wrong_param(name, wrong);
}

static inline int midimon_read_flag(const char* params, size_t length, const char* name, int* out,
                                    int fallback) {
  size_t size = 0;
  const char* const value = midimon_member(params, length, name, &size);
  *out = value == NULL ? fallback : *value == 't';
  return value == NULL || *value == 't' || *value == 'f' ||
         midimon_wrong_param(name, "is neither true nor false");
}

/* ---- what a list is turned into ---- */

#define MIDIMON_PARAMS(name, LIST)                                                              \
  struct name {                                                                                 \
    LIST(MIDIMON_FIELD_MEMBER, )                                                                \
  };                                                                                            \
  __attribute__((unused)) static inline int name##_read_from(const char* params, size_t length, \
                                                             struct name* out) {                \
    (void)params, (void)length, (void)out;                                                      \
    return LIST(MIDIMON_FIELD_READ, &&);                                                        \
  }                                                                                             \
  __attribute__((unused)) static inline int name##_read(const char* request, size_t length,     \
                                                        struct name* out) {                     \
    size_t size = 0;                                                                            \
    const char* const params = midimon_member(request, length, "params", &size);                \
    return name##_read_from(params, size, out);                                                 \
  }

/* struct NAME, and NAME_load(struct NAME*), which asks the host. They are at most 4,096 bytes. */
#define MIDIMON_SETTINGS(name, LIST)                                        \
  MIDIMON_PARAMS(name, LIST)                                                \
  __attribute__((unused)) static inline int name##_load(struct name* out) { \
    static char json[4096];                                                 \
    uint32_t size = 0;                                                      \
    if (midimon_config_get(json, sizeof json, &size) != MIDIMON_ANSWER_OK)  \
      return midimon_error(0, "The plugin's settings cannot be read.");     \
    return name##_read_from(json, size, out);                               \
  }

#define MIDIMON_SCHEMA(LIST) \
  "{\"type\":\"object\",\"properties\":{" LIST(MIDIMON_FIELD_SCHEMA, ",") "},"          \
  "\"additionalProperties\":false,\"allOf\":[true" LIST(MIDIMON_FIELD_REQUIRED, "") "]}"

#define MIDIMON_FIELD_MEMBER(kind, ...) MIDIMON_MEMBER_##kind(__VA_ARGS__)
#define MIDIMON_FIELD_READ(kind, ...) MIDIMON_READ_##kind(__VA_ARGS__)
#define MIDIMON_FIELD_SCHEMA(kind, ...) MIDIMON_SCHEMA_##kind(__VA_ARGS__)
#define MIDIMON_FIELD_REQUIRED(kind, ...) MIDIMON_REQUIRED_##kind(__VA_ARGS__)
#define MIDIMON_PROPERTY(name, type, rest, what) \
  "\"" #name "\":{\"type\":\"" type "\"," rest "\"description\":\"" what "\"}"
#define MIDIMON_MUST(name) ",{\"required\":[\"" #name "\"]}"
#define MIDIMON_RANGE(least, most) "\"minimum\":" #least ",\"maximum\":" #most ","
#define MIDIMON_BETWEEN(type, least, most) "is not a " type " from " #least " to " #most
#define MIDIMON_AT_MOST(most) "is not a text of at most " #most " characters"
#define MIDIMON_JSON_FLAG_0 "false"
#define MIDIMON_JSON_FLAG_1 "true"

#define MIDIMON_MEMBER_required_text(name, most, what) char name[4 * (most) + 1];
#define MIDIMON_READ_required_text(name, most, what) \
  midimon_read_text(params, length, #name, out->name, most, NULL, MIDIMON_AT_MOST(most))
#define MIDIMON_SCHEMA_required_text(name, most, what) \
  MIDIMON_PROPERTY(name, "string", "\"maxLength\":" #most ",", what)
#define MIDIMON_REQUIRED_required_text(name, most, what) MIDIMON_MUST(name)

#define MIDIMON_MEMBER_text(name, most, fallback, what) char name[4 * (most) + 1];
#define MIDIMON_READ_text(name, most, fallback, what) \
  midimon_read_text(params, length, #name, out->name, most, fallback, MIDIMON_AT_MOST(most))
#define MIDIMON_SCHEMA_text(name, most, fallback, what) \
  MIDIMON_PROPERTY(name, "string", "\"maxLength\":" #most ",\"default\":\"" fallback "\",", what)
#define MIDIMON_REQUIRED_text(name, most, fallback, what)

#define MIDIMON_MEMBER_required_choice(name, choices, what) char name[4 * sizeof(choices) + 1];
#define MIDIMON_READ_required_choice(name, choices, what)                                \
  midimon_read_choice(params, length, #name, out->name, sizeof out->name, choices, NULL, \
                      "is none of " choices)
#define MIDIMON_SCHEMA_required_choice(name, choices, what) \
  MIDIMON_PROPERTY(name, "string", "\"enum\":" choices ",", what)
#define MIDIMON_REQUIRED_required_choice(name, choices, what) MIDIMON_MUST(name)

#define MIDIMON_MEMBER_choice(name, choices, fallback, what) char name[4 * sizeof(choices) + 1];
#define MIDIMON_READ_choice(name, choices, fallback, what)                                   \
  midimon_read_choice(params, length, #name, out->name, sizeof out->name, choices, fallback, \
                      "is none of " choices)
#define MIDIMON_SCHEMA_choice(name, choices, fallback, what) \
  MIDIMON_PROPERTY(name, "string", "\"enum\":" choices ",\"default\":\"" fallback "\",", what)
#define MIDIMON_REQUIRED_choice(name, choices, fallback, what)

#define MIDIMON_MEMBER_required_integer(name, least, most, what) long long name;
#define MIDIMON_READ_required_integer(name, least, most, what)               \
  midimon_read_integer(params, length, #name, &out->name, least, most, NULL, \
                       MIDIMON_BETWEEN("whole number", least, most))
#define MIDIMON_SCHEMA_required_integer(name, least, most, what) \
  MIDIMON_PROPERTY(name, "integer", MIDIMON_RANGE(least, most), what)
#define MIDIMON_REQUIRED_required_integer(name, least, most, what) MIDIMON_MUST(name)

#define MIDIMON_MEMBER_integer(name, least, most, fallback, what) long long name;
#define MIDIMON_READ_integer(name, least, most, fallback, what)        \
  midimon_read_integer(params, length, #name, &out->name, least, most, \
                       &(const long long){fallback}, MIDIMON_BETWEEN("whole number", least, most))
#define MIDIMON_SCHEMA_integer(name, least, most, fallback, what) \
  MIDIMON_PROPERTY(name, "integer", MIDIMON_RANGE(least, most) "\"default\":" #fallback ",", what)
#define MIDIMON_REQUIRED_integer(name, least, most, fallback, what)

#define MIDIMON_MEMBER_required_number(name, least, most, what) double name;
#define MIDIMON_READ_required_number(name, least, most, what)               \
  midimon_read_number(params, length, #name, &out->name, least, most, NULL, \
                      MIDIMON_BETWEEN("number", least, most))
#define MIDIMON_SCHEMA_required_number(name, least, most, what) \
  MIDIMON_PROPERTY(name, "number", MIDIMON_RANGE(least, most), what)
#define MIDIMON_REQUIRED_required_number(name, least, most, what) MIDIMON_MUST(name)

#define MIDIMON_MEMBER_number(name, least, most, fallback, what) double name;
#define MIDIMON_READ_number(name, least, most, fallback, what)                                   \
  midimon_read_number(params, length, #name, &out->name, least, most, &(const double){fallback}, \
                      MIDIMON_BETWEEN("number", least, most))
#define MIDIMON_SCHEMA_number(name, least, most, fallback, what) \
  MIDIMON_PROPERTY(name, "number", MIDIMON_RANGE(least, most) "\"default\":" #fallback ",", what)
#define MIDIMON_REQUIRED_number(name, least, most, fallback, what)

#define MIDIMON_MEMBER_flag(name, fallback, what) int name;
#define MIDIMON_READ_flag(name, fallback, what) \
  midimon_read_flag(params, length, #name, &out->name, fallback)
#define MIDIMON_SCHEMA_flag(name, fallback, what) \
  MIDIMON_PROPERTY(name, "boolean", "\"default\":" MIDIMON_JSON_FLAG_##fallback ",", what)
#define MIDIMON_REQUIRED_flag(name, fallback, what)

#endif
