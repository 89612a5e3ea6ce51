// How a fuzz target says that a promise was broken: loudly, in every build.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace midimon::fuzz {

// Ends the process where `holds` is false. `promise` says what should have held.
inline void check(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "A promise was broken: %s\n", promise);
  std::abort();
}

// Whether a person's terminal can show `text`: no control characters but `allowed`, neither those
// of ASCII nor C1's.
inline bool is_safe_to_show(std::string_view text, std::string_view allowed = "") {
  unsigned char before = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 || byte == 0x7F) && allowed.find(c) == std::string_view::npos) return false;
    if (before == 0xC2 && byte >= 0x80 && byte <= 0x9F) return false;
    before = byte;
  }
  return true;
}

}  // namespace midimon::fuzz
