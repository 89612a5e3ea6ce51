// Writes Standard MIDI Files (.mid): messages at their times in, bytes out.
#pragma once

#include <cstdint>
#include <vector>

#include "midi/smf.h"
#include "midimon/result.h"

namespace midimon {

// What a tick takes in the files that are written: 25,000 to a quarter note, at 120 of these a
// minute. Times are rounded to it, so that none is off by more than half of it and errors do not
// add up.
inline constexpr Nanos kSmfTick = std::chrono::microseconds(20);

// The bytes of a file that parse_smf() reads as `song`, but that its tempo is kDefaultTempo and its
// times are multiples of kSmfTick. In format 0 all is in one track; in format 1 each message is in
// its own, `song.tracks` of them. Messages at one time keep their order within a track. System
// messages that a file has no event for are escaped as the specification says. `song.messages` are
// in order of time; a file that ends before them ends with the last of them.
//
// Errors: `invalid`, a message is none, stands in no track, or is before the one it follows;
// `limit`, the file would be larger than kMaxSmfBytes or longer than kMaxSmfLength.
[[nodiscard]] Result<std::vector<std::uint8_t>> write_smf(const Smf& song);

}  // namespace midimon
