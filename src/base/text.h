// Text from strangers, made safe to show.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace midimon {

// Whether `text` is well-formed UTF-8 (no surrogates, no overlong forms, nothing above U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text);

// The characters of `text`; nothing if it is not well-formed.
[[nodiscard]] std::optional<std::u32string> decode_utf8(std::string_view text);
// Of U+0000 to U+10FFFF, but no surrogate.
[[nodiscard]] std::string encode_utf8(char32_t character);

// `text` as one line that cannot lie: control characters, bytes that are not UTF-8, and the marks
// that reverse or hide what follows them (bidirectional controls, zero-width and line separators)
// are written as \n, \t, \xNN or \u{NNNN}; a backslash as \\.
[[nodiscard]] std::string escape_line(std::string_view text);

// Whether a terminal shows `text` as it is: UTF-8 without control characters and without marks that
// hide or reverse something.
[[nodiscard]] bool is_showable(std::string_view text);

// `text` as a JSON string, quotes included. What is not UTF-8 becomes U+FFFD.
[[nodiscard]] std::string json_quote(std::string_view text);

}  // namespace midimon
