// Letters without case, for words that are ASCII: keys, hosts, names of ports and of headers. No
// locale has a say.
#pragma once

#include <string>
#include <string_view>

namespace midimon {

[[nodiscard]] constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// What is not ASCII stays as it is.
[[nodiscard]] inline std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    c = to_lower(c);
  return out;
}

}  // namespace midimon
