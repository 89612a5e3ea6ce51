// The ThruFilter struct says which messages are passed on from an input to an output, and how.
#pragma once

#include <cstdint>
#include <optional>

#include "midi/message.h"

namespace midimon {

// Kinds of messages, as bits.
namespace thru {
inline constexpr std::uint8_t kNotes = 1;      // on and off, and the pressure of single notes
inline constexpr std::uint8_t kControls = 2;   // control changes
inline constexpr std::uint8_t kPrograms = 4;   // program changes
inline constexpr std::uint8_t kPressure = 8;   // of a channel
inline constexpr std::uint8_t kBends = 16;     // pitch
inline constexpr std::uint8_t kSysex = 32;     // system exclusive
inline constexpr std::uint8_t kRealtime = 64;  // clock, start, stop, continue, song position
inline constexpr std::uint8_t kEverything = 127;
}  // namespace thru

// A value. Active sensing, reset and what MIDI leaves undefined are never passed on.
struct ThruFilter {
  std::uint8_t kinds = thru::kEverything;
  std::uint16_t channels = 0xFFFF;  // bit 0 is channel 1
  std::uint8_t note_min = 0;        // of notes
  std::uint8_t note_max = 127;
  std::optional<std::uint8_t> to_channel{};  // 0 to 15: what it is passed on as

  // What is passed on for `message`; nothing if it is not. Of a sysex the bytes go along.
  [[nodiscard]] std::optional<Message> pass(const Message& message) const;
};

}  // namespace midimon
