// Keys as a profile names them: "a", "F5", "ctrl+shift+s", "play_pause".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "midimon/result.h"

namespace midimon {

// The modifiers of a chord, as bits.
inline constexpr std::uint8_t kControl = 1;
inline constexpr std::uint8_t kShift = 2;
inline constexpr std::uint8_t kAlt = 4;
inline constexpr std::uint8_t kSuper = 8;  // "cmd" of earlier profiles, "win", "meta"

// A key and what is held down with it.
struct KeyChord {
  std::uint8_t modifiers = 0;
  // The key's symbol, with the numbers of the X Window System (X11/keysymdef.h), which Wayland has
  // too: of Latin-1 its code point, of other characters 0x01000000 and theirs. 0: modifiers alone.
  std::uint32_t symbol = 0;
  friend bool operator==(const KeyChord&, const KeyChord&) = default;
};

// The bit of a modifier's name; upper and lower case do not matter.
[[nodiscard]] std::optional<std::uint8_t> parse_modifier(std::string_view name);

// The symbol of a key's name, in any case, or of one character, in its own.
[[nodiscard]] std::optional<std::uint32_t> parse_key(std::string_view name);

// Reads modifiers and a key with "+" between. "+" alone, and behind another "+", is the key. The
// error says what is no key, with the nearest name.
Result<KeyChord> parse_chord(std::string_view text);

// As parse_chord() reads it; of several ways to write it the first.
[[nodiscard]] std::string to_text(const KeyChord& chord);

}  // namespace midimon
