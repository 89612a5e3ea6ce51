// How texts of strangers stand in a journal: on one line, inside quotes, and with nothing in them
// that fools whoever prints them; and back, byte for byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace midimon::audit {

// Appends escape_line(text) as the inside of a JSON string. The escapes for control characters,
// bytes that are not UTF-8 and bidirectional marks are in the value itself ("\\x1b" in the file),
// so that a JSON reader that prints the value does not print the byte.
void append_escaped(std::string& out, std::string_view text);

// The text of which append_escaped made `inside`. None if it would have made something else: what
// has an answer is safe to print as it stands.
[[nodiscard]] std::optional<std::string> unescape(std::string_view inside);

// `name` for a message: short, and safe whatever it is.
[[nodiscard]] std::string shown_name(std::string_view name);

}  // namespace midimon::audit
