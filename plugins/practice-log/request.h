#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace practice_log {

// The Request struct is what the host asks for, as far as this plugin cares.
struct Request {
  std::string action;
  bool has_note = false;
  std::optional<std::int64_t> note;  // none if `has_note` but no whole number
  bool has_name = false;
  std::string name;               // empty if `has_name` but no string
  int velocity = -1;              // below 0: none
  std::int64_t timestamp_ms = 0;  // 0: unknown
};

// None if the text is not a request.
std::optional<Request> parse_request(std::string_view text);

}  // namespace practice_log
