// Names of pitches. A key's tonic is its place on the line of fifths: ... Bb -2, F -1, C 0, G 1,
// D 2 ...; what is spelled for a key takes the names that a reader of that key expects.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace practice_log {

inline constexpr int kNotes = 128;
inline constexpr int kPitchClasses = 12;

// The tonic for which all black keys are sharps.
inline constexpr int kSharps = 4;

// The name of a place on the line of fifths: "Bb" for -2.
std::string name_of_fifth(int fifth);

// "C4" for 60, if the octave that starts at middle C has the number 4.
std::string note_name(int note, int middle_c_octave, int tonic = kSharps);

// The reverse: a letter, at most two sharps or two flats (# or b), the octave. None if it is
// nothing of that form or not from 0 to 127.
std::optional<int> parse_note_name(std::string_view text, int middle_c_octave);

}  // namespace practice_log
