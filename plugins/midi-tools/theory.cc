#include "theory.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace midi_tools {
namespace {

struct Named {
  std::string_view name;
  std::vector<int> intervals;
};

std::vector<int> find(std::initializer_list<Named> all, std::string_view name) {
  for (const Named& one : all) {
    if (one.name == name) return one.intervals;
  }
  return {};
}

// A letter and its accidentals, taken off `text`.
std::optional<int> take_pitch(std::string_view& text) {
  constexpr int kLetters[] = {9, 11, 0, 2, 4, 5, 7};  // A to G
  if (text.empty()) return std::nullopt;
  const char letter = static_cast<char>(text.front() & ~0x20);
  if (letter < 'A' || letter > 'G') return std::nullopt;
  int pitch = kLetters[letter - 'A'];
  text.remove_prefix(1);
  for (int i = 0; i < 2 && !text.empty() && (text.front() == '#' || text.front() == 'b'); ++i) {
    pitch += text.front() == '#' ? 1 : -1;
    text.remove_prefix(1);
  }
  return pitch;
}

// A whole number of at most three digits.
std::optional<int> parse_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 3) return std::nullopt;
  int number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return negative ? -number : number;
}

}  // namespace

std::optional<int> parse_note(std::string_view text) {
  std::optional<int> note = parse_number(text);
  if (!note) {
    const auto pitch = take_pitch(text);
    const auto octave = parse_number(text);
    if (!pitch || !octave) return std::nullopt;
    note = (*octave + 1) * 12 + *pitch;
  }
  return *note >= 0 && *note <= 127 ? note : std::nullopt;
}

std::optional<int> parse_pitch_class(std::string_view text) {
  const auto pitch = take_pitch(text);
  if (!pitch || !text.empty()) return std::nullopt;
  return (*pitch + 12) % 12;
}

std::vector<int> chord_intervals(std::string_view name) {
  return find({{"major", {0, 4, 7}},
               {"minor", {0, 3, 7}},
               {"diminished", {0, 3, 6}},
               {"augmented", {0, 4, 8}},
               {"sus2", {0, 2, 7}},
               {"sus4", {0, 5, 7}},
               {"power", {0, 7}},
               {"6", {0, 4, 7, 9}},
               {"minor6", {0, 3, 7, 9}},
               {"7", {0, 4, 7, 10}},
               {"major7", {0, 4, 7, 11}},
               {"minor7", {0, 3, 7, 10}},
               {"minor7b5", {0, 3, 6, 10}},
               {"diminished7", {0, 3, 6, 9}},
               {"9", {0, 4, 7, 10, 14}},
               {"major9", {0, 4, 7, 11, 14}},
               {"minor9", {0, 3, 7, 10, 14}},
               {"add9", {0, 4, 7, 14}}},
              name);
}

std::vector<int> scale_intervals(std::string_view name) {
  return find({{"major", {0, 2, 4, 5, 7, 9, 11}},
               {"minor", {0, 2, 3, 5, 7, 8, 10}},
               {"harmonic-minor", {0, 2, 3, 5, 7, 8, 11}},
               {"melodic-minor", {0, 2, 3, 5, 7, 9, 11}},
               {"dorian", {0, 2, 3, 5, 7, 9, 10}},
               {"phrygian", {0, 1, 3, 5, 7, 8, 10}},
               {"lydian", {0, 2, 4, 6, 7, 9, 11}},
               {"mixolydian", {0, 2, 4, 5, 7, 9, 10}},
               {"locrian", {0, 1, 3, 5, 6, 8, 10}},
               {"major-pentatonic", {0, 2, 4, 7, 9}},
               {"minor-pentatonic", {0, 3, 5, 7, 10}},
               {"blues", {0, 3, 5, 6, 7, 10}},
               {"whole-tone", {0, 2, 4, 6, 8, 10}}},
              name);
}

std::vector<int> chord_notes(int root, std::string_view name, int inversion) {
  std::vector<int> notes = chord_intervals(name);
  for (int& note : notes)
    note += root;
  const auto moved = std::min(notes.size(), static_cast<std::size_t>(std::max(inversion, 0)));
  for (std::size_t i = 0; i < moved; ++i)
    notes[i] += 12;
  std::sort(notes.begin(), notes.end());
  std::erase_if(notes, [](int note) { return note < 0 || note > 127; });
  return notes;
}

int lock_to_scale(int note, int tonic, const std::vector<int>& scale, Direction direction) {
  const auto is_in = [&](int candidate) {
    if (candidate < 0 || candidate > 127) return false;
    const int interval = (candidate - tonic + 12) % 12;
    return std::find(scale.begin(), scale.end(), interval) != scale.end();
  };
  for (int away = 0; away < 12; ++away) {
    if (direction != Direction::up && is_in(note - away)) return note - away;
    if (direction != Direction::down && is_in(note + away)) return note + away;
  }
  // Only at the ends, where the scale has no note further on.
  return direction == Direction::up ? lock_to_scale(note, tonic, scale, Direction::down)
                                    : lock_to_scale(note, tonic, scale, Direction::up);
}

}  // namespace midi_tools
