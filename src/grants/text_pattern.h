// The TextPattern struct is a text as a grant allows it: exactly that one, or all that begin so.
//
// As it is written a "*" at the end stands for whatever follows. A backslash takes the meaning from
// the character after it: "\*" is a star, "\ " a space inside of one argument, "\\" a backslash.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace midimon::grants {

struct TextPattern {
  std::string text;
  bool prefix = false;  // also what goes on after `text`
  friend bool operator==(const TextPattern&, const TextPattern&) = default;
};

// What both allow: exact, as either one begins with the other or they have nothing in common.
[[nodiscard]] std::optional<TextPattern> intersect(const TextPattern& a, const TextPattern& b);

// Nothing for a text that is empty, ends in the middle of an escape, has a "*" elsewhere than at
// the end, or cannot be shown on a terminal as it is.
[[nodiscard]] std::optional<TextPattern> parse_text_pattern(std::string_view text);
// With `as_word` also spaces are escaped, so that split_words() keeps it together.
[[nodiscard]] std::string to_string(const TextPattern& pattern, bool as_word = true);

// Takes `line` apart at the spaces that no backslash protects; the backslashes stay.
[[nodiscard]] std::vector<std::string_view> split_words(std::string_view line);
}  // namespace midimon::grants
