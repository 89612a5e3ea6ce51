// Names and values as a URL's query and a form carry them (application/x-www-form-urlencoded).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace midimon::login {

using Fields = std::vector<std::pair<std::string, std::string>>;

[[nodiscard]] std::string to_form(const Fields& fields);

// Nothing if it is none: a name that comes twice (RFC 6749 3.1 forbids it), a % without two digits,
// control characters or what is not UTF-8 in a name or value, more than 32 fields.
[[nodiscard]] std::optional<Fields> parse_form(std::string_view text);

// The value of that name; null if it is not there.
[[nodiscard]] const std::string* find(const Fields& fields, std::string_view name);

}  // namespace midimon::login
