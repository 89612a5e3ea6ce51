// The EventValues struct is what an event brings along for the params of an action: how hard, how
// far, which note.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "events/gesture.h"

namespace midimon {

enum class ValueName : std::uint8_t { velocity, value, note, note_name, channel, steps };

// As they are written in a profile, in the order of ValueName.
inline constexpr std::array<std::string_view, 6> kValueNames = {"velocity",  "value",   "note",
                                                                "note_name", "channel", "steps"};

// What an event has not is not given.
struct EventValues {
  std::optional<int> velocity;  // 1 to 127
  std::optional<int> value;     // 0 to value_max: of a controller, a bend, a pressure, ...
  int value_max = 127;
  std::optional<int> note;     // 0 to 127
  std::optional<int> channel;  // 1 to 16, as people count them
  std::optional<int> steps;    // of an encoder, clockwise above 0

  // The one with this name; of note_name the note's number.
  [[nodiscard]] std::optional<int> get(ValueName name) const;
};

// `acceleration` is that of the mapping's trigger: what a quick turn is multiplied by, at most.
[[nodiscard]] EventValues values_of(const Gesture& gesture, int acceleration = 1);

// The steps of a turn, more of them the quicker it is: each turn that comes within 50 ms of the
// last counts 50 ms / interval times, `acceleration` times at most.
[[nodiscard]] int accelerate(const EncoderTurned& turn, int acceleration);

}  // namespace midimon
