#include "text.h"

#include <time.h>

#include <charconv>

namespace practice_log {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void append_two_digits(std::string& out, int value) {
  out += static_cast<char>('0' + value / 10 % 10);
  out += static_cast<char>('0' + value % 10);
}

}  // namespace

void append_number(std::string& out, std::int64_t value) {
  char digits[24];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, end.ptr);
}

void append_fixed(std::string& out, std::int64_t scaled, int decimals) {
  if (scaled < 0) {
    out += '-';
    scaled = -scaled;
  }
  std::int64_t unit = 1;
  for (int i = 0; i < decimals; ++i)
    unit *= 10;
  append_number(out, scaled / unit);
  out += '.';
  for (unit /= 10; unit > 0; unit /= 10) {
    out += static_cast<char>('0' + scaled / unit % 10);
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string utc_time(std::int64_t milliseconds) {
  const auto seconds = static_cast<time_t>(milliseconds / 1000);
  struct tm parts {};
  if (gmtime_r(&seconds, &parts) == nullptr) return "at an unknown time";
  std::string out;
  append_number(out, parts.tm_year + 1900);
  out += '-';
  append_two_digits(out, parts.tm_mon + 1);
  out += '-';
  append_two_digits(out, parts.tm_mday);
  out += 'T';
  append_two_digits(out, parts.tm_hour);
  out += ':';
  append_two_digits(out, parts.tm_min);
  out += ':';
  append_two_digits(out, parts.tm_sec);
  out += 'Z';
  return out;
}

std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4)
    out += kHex[hash >> shift & 15];
  return out;
}

}  // namespace practice_log
