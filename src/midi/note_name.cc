#include "midi/note_name.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace midimon {
namespace {

// Semitones above C; nothing for what is no note's letter, in either case.
std::optional<int> semitones(char letter) {
  switch (letter) {
    case 'C':
    case 'c':
      return 0;
    case 'D':
    case 'd':
      return 2;
    case 'E':
    case 'e':
      return 4;
    case 'F':
    case 'f':
      return 5;
    case 'G':
    case 'g':
      return 7;
    case 'A':
    case 'a':
      return 9;
    case 'B':
    case 'b':
      return 11;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::uint8_t> parse_note(std::string_view name) {
  constexpr std::size_t kMaxSize = 8;
  if (name.empty() || name.size() > kMaxSize) return std::nullopt;
  const auto letter = semitones(name.front());
  if (!letter) return std::nullopt;
  name.remove_prefix(1);

  int shift = 0;
  for (; name.starts_with('#') || name.starts_with('b'); name.remove_prefix(1)) {
    shift += name.front() == '#' ? 1 : -1;
  }
  int octave = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), octave);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  if (octave < -2 || octave > 10) return std::nullopt;

  const int note = (octave + 1) * 12 + *letter + shift;
  if (note < 0 || note > 127) return std::nullopt;
  return static_cast<std::uint8_t>(note);
}

std::string note_name(std::uint8_t note) {
  static constexpr std::array<std::string_view, 12> kNames = {"C",  "C#", "D",  "D#", "E",  "F",
                                                              "F#", "G",  "G#", "A",  "A#", "B"};
  return fmt::format("{}{}", kNames[note % 12U], note / 12 - 1);
}

}  // namespace midimon
