// Notes, chords and scales: which pitches a name stands for. Notes are MIDI's, 0 to 127; C4 is 60.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace midi_tools {

// "C4", "F#3", "Bb-1", or a number; nothing if it is none from 0 to 127.
std::optional<int> parse_note(std::string_view text);
// "C", "F#", "Bb": 0 to 11.
std::optional<int> parse_pitch_class(std::string_view text);

// Semitones above the root, which is 0 itself; empty for a name that is none of kChordNames.
std::vector<int> chord_intervals(std::string_view name);
// The same of a scale within an octave.
std::vector<int> scale_intervals(std::string_view name);

// The chord on `root`; with `inversion` so many of its lowest notes are an octave higher. What is
// above 127 is left out.
std::vector<int> chord_notes(int root, std::string_view name, int inversion);

enum class Direction { nearest, up, down };
// The note of the scale on `tonic` (0 to 11) that stands for `note`; of two that are as near, the
// lower. The scale has a note.
int lock_to_scale(int note, int tonic, const std::vector<int>& scale, Direction direction);

}  // namespace midi_tools
