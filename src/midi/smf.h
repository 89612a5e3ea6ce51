// Reads Standard MIDI Files (.mid): bytes in, every message at its exact time out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "midi/message.h"
#include "midi/tick_clock.h"
#include "midimon/result.h"

namespace midimon {

// A message and when it sounds, counted from the start of the file.
struct SmfMessage {
  Nanos at{};
  std::uint16_t track = 0;  // 0 is the first
  Message message;
  std::uint32_t sysex = 0;  // of a sysex: which of Smf::sysex
};

// What a file holds. A value; owns everything.
struct Smf {
  int format = 0;  // 0: one track; 1: tracks that sound together
  int tracks = 0;
  std::uint32_t initial_tempo = kDefaultTempo;  // microseconds per quarter note, at time 0
  std::string name;  // the first track or sequence name, escaped as base/text.h does
  Nanos length{};    // up to the last "end of track"
  std::vector<SmfMessage>
      messages;  // of all tracks, by time; equal times by track, then file order
  std::vector<std::vector<std::uint8_t>> sysex;  // what stands between F0 and F7
};

// The bytes of the largest file that is read, and the longest playing time. Both are far beyond any
// music; the second keeps every time, scaled by any playing speed, within 63 bits.
inline constexpr std::size_t kMaxSmfBytes = std::size_t{16} << 20U;
inline constexpr Nanos kMaxSmfLength = std::chrono::hours(24 * 7);

// Reads formats 0 and 1, with a division in ticks per quarter note or in SMPTE frames. Times come
// from the tempo map of all tracks by integer arithmetic on the whole sum, rounded down once, so
// that they do not drift. Memory is proportional to the bytes that are there (at most some 20 for
// each), never to a number that is written in them.
//
// Sysex events and what they escape are read as bytes on a cable are (byte_parser.h): a sysex may
// come in several of them, and one that is cut or too long is passed over. Meta events and unknown
// chunks are skipped by their length. Where files in the wild part
// from the specification without leaving doubt about what they mean, they are read:
// - running status goes on after a meta event, though the specification ends it there. (After a
//   sysex event it ends: that is so on a cable too, and no writer is known to rely on more.)
// - the header may be longer than 6 bytes, a tempo event longer than 3: the excess is skipped.
// - a format 0 file may have several tracks; they sound together.
// - what follows "end of track" in a chunk, or the last track in the file, is ignored.
//
// Errors: `unsupported` for format 2, `limit` beyond the limits above, else `invalid`. The message
// names the offset in bytes and what was expected there.
[[nodiscard]] Result<Smf> parse_smf(std::span<const std::uint8_t> bytes);

}  // namespace midimon
