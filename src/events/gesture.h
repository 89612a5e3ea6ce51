// The Gesture struct is something a person did with the controller, and when.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/clock.h"

namespace midimon {

// Channels are 0 to 15, all other numbers 0 to 127, as on the wire.

struct NotePressed {
  std::uint8_t channel = 0;
  std::uint8_t note = 0;
  std::uint8_t velocity = 0;  // 1 to 127
  friend bool operator==(const NotePressed&, const NotePressed&) = default;
};

struct NoteReleased {
  std::uint8_t channel = 0;
  std::uint8_t note = 0;
  std::uint8_t velocity = 0;  // of the release; 0 where the device does not measure it
  friend bool operator==(const NoteReleased&, const NoteReleased&) = default;
};

struct ControlChanged {
  std::uint8_t channel = 0;
  std::uint8_t controller = 0;
  std::uint8_t value = 0;
  friend bool operator==(const ControlChanged&, const ControlChanged&) = default;
};

// A value. `at` is on the monotonic clock, or whichever clock stamped the message.
struct Gesture {
  Nanos at{};
  std::variant<NotePressed, NoteReleased, ControlChanged> what;
  friend bool operator==(const Gesture&, const Gesture&) = default;
};

// How hard it was: the velocity of a press. Nothing for what has none.
[[nodiscard]] inline std::optional<int> velocity_of(const Gesture& gesture) {
  const auto* press = std::get_if<NotePressed>(&gesture.what);
  return press == nullptr ? std::nullopt : std::optional<int>(press->velocity);
}

}  // namespace midimon
