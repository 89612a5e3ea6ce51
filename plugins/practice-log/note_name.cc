#include "note_name.h"

#include <charconv>
#include <cstdlib>

#include "text.h"

namespace practice_log {
namespace {

constexpr int kMiddleC = 60;
constexpr std::string_view kLettersByFifths = "FCGDAEB";

int floor_divide(int a, int b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

// Sharps (or, below zero, flats) of a place on the line of fifths.
int accidental(int fifth) {
  return floor_divide(fifth + 1, 7);
}

bool is_white_key(int pitch_class) {
  constexpr unsigned kWhiteKeys = 0b1010'1011'0101;  // C is bit 0
  return (kWhiteKeys >> pitch_class & 1U) != 0;
}

// The place from five fifths below the tonic to six above that has this pitch class: it covers the
// scale, the lowered second and, in minor, the raised leading tone. Where that is far from the
// scale and hard to read (Fb in Eb major, any double sharp), the plain name stands instead.
int spell(int pitch_class, int tonic) {
  const int lowest = tonic - 5;
  const int any = pitch_class * 7;  // a fifth is 7 semitones, so 7 fifths are 1 semitone
  const int fifth = lowest + ((any - lowest) % kPitchClasses + kPitchClasses) % kPitchClasses;
  const int signs = std::abs(accidental(fifth));
  const bool in_scale = fifth > lowest && fifth <= tonic + 5;  // of major or minor
  const bool readable = signs == 0 || (signs == 1 && (in_scale || !is_white_key(pitch_class)));
  return readable || tonic == kSharps ? fifth : spell(pitch_class, kSharps);
}

int semitones_above_c(char letter) {
  constexpr int kSemitones[] = {9, 11, 0, 2, 4, 5, 7};  // A to G
  return kSemitones[letter - 'A'];
}

}  // namespace

std::string name_of_fifth(int fifth) {
  const int sharps = accidental(fifth);
  std::string name(1, kLettersByFifths[static_cast<std::size_t>(fifth + 1 - 7 * sharps)]);
  name.append(static_cast<std::size_t>(sharps < 0 ? -sharps : sharps), sharps < 0 ? 'b' : '#');
  return name;
}

std::string note_name(int note, int middle_c_octave, int tonic) {
  const int fifth = spell(note % kPitchClasses, tonic);
  // The octave is that of the letter: B#3 sounds like C4.
  const int letter = note - accidental(fifth);
  std::string name = name_of_fifth(fifth);
  append_number(name, floor_divide(letter - kMiddleC, kPitchClasses) + middle_c_octave);
  return name;
}

std::optional<int> parse_note_name(std::string_view text, int middle_c_octave) {
  if (text.empty()) return {};
  const char letter = text[0] >= 'a' ? static_cast<char>(text[0] - 'a' + 'A') : text[0];
  if (letter < 'A' || letter > 'G') return {};
  text.remove_prefix(1);
  int sharps = 0;
  for (const char sign = text.empty() ? '\0' : text[0]; sign == '#' || sign == 'b';) {
    sharps += sign == '#' ? 1 : -1;
    text.remove_prefix(1);
    if (text.empty() || text[0] != sign) break;
  }
  if (sharps < -2 || sharps > 2) return {};
  int octave = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), octave);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return {};
  if (octave < -9 || octave > 19) return {};
  const int note =
      kMiddleC + (octave - middle_c_octave) * kPitchClasses + semitones_above_c(letter) + sharps;
  if (note < 0 || note >= kNotes) return {};
  return note;
}

}  // namespace practice_log
