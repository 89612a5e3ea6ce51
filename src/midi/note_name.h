// Notes by the names people give them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace midimon {

// Reads a note's name: a letter, any of '#' and 'b', and an octave, where C4 is 60 (so that the
// range is C-1 to G9). "F#3" is 54, "Eb2" is 39. Nothing where it is no note of MIDI.
[[nodiscard]] std::optional<std::uint8_t> parse_note(std::string_view name);

// "F#3" for 54; with sharps, never flats. `note` is 0 to 127.
[[nodiscard]] std::string note_name(std::uint8_t note);

}  // namespace midimon
