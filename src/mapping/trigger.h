// The Trigger variant says which event a mapping is for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "events/gesture.h"
#include "events/gesture_rules.h"
#include "events/sysex_pattern.h"

namespace midimon {

// Channels are 0 to 15, as on the wire, and any if not given; in a profile's text they are 1 to 16.
// Ranges include both ends.

// For values: which way one has to come to be meant.
enum class Edge : std::uint8_t {
  none,     // every value in the range
  rising,   // only when it comes into the range from below
  falling,  // only when it comes into the range from above
};

// A press that becomes nothing else; at once where `immediate`, whatever becomes of it.
struct NoteTrigger {
  std::uint8_t note = 0;
  std::optional<std::uint8_t> channel{};
  std::uint8_t velocity_min = 0;
  std::uint8_t velocity_max = 127;
  bool immediate = false;
};

// A control change.
struct ControlTrigger {
  std::uint8_t controller = 0;  // of a pair of 14 bits the upper one, 0 to 31
  std::optional<std::uint8_t> channel{};
  std::uint16_t value_min = 0;
  std::uint16_t value_max = 127;  // 16383 if wide
  Edge edge = Edge::none;
  bool wide = false;  // a pair of 14 bits
};

struct ReleaseTrigger {
  std::uint8_t note = 0;
  std::optional<std::uint8_t> channel{};
};

struct HoldTrigger {
  std::uint8_t note = 0;
  std::optional<std::uint8_t> channel{};
  Nanos duration{};
};

struct DoubleTapTrigger {
  std::uint8_t note = 0;
  std::optional<std::uint8_t> channel{};
  Nanos timeout{};
};

struct ChordTrigger {
  Chord chord;
};

enum class Direction : std::uint8_t { either, clockwise, counter_clockwise };

struct EncoderTrigger {
  std::uint8_t controller = 0;
  std::optional<std::uint8_t> channel{};
  Direction direction = Direction::either;
  Encoding encoding = Encoding::absolute;
  int acceleration = 1;  // what a quick turn is multiplied by, at most
};

// Aftertouch: of a channel, or of notes.
struct PressureTrigger {
  std::optional<std::uint8_t> channel{};
  bool of_notes = false;
  std::optional<std::uint8_t> note{};  // any, if not given
  std::uint8_t min = 0;
  std::uint8_t max = 127;
  Edge edge = Edge::none;
};

struct BendTrigger {
  std::optional<std::uint8_t> channel{};
  std::uint16_t min = 0;
  std::uint16_t max = 16383;
  Edge edge = Edge::none;
};

struct ProgramTrigger {
  std::optional<std::uint8_t> program{};  // any, if not given
  std::optional<std::uint8_t> channel{};
};

// An NRPN or RPN that gets a value.
struct ParameterTrigger {
  std::uint16_t parameter = 0;  // 0 to 16383
  std::optional<std::uint8_t> channel{};
  bool registered = false;  // an RPN
  bool wide = false;        // values of 14 bits, from data entry's lower half
  std::uint16_t min = 0;
  std::uint16_t max = 127;  // 16383 if wide
};

struct SysexTrigger {
  SysexPattern pattern;
};

struct TransportTrigger {
  Transport what = Transport::start;
};

// Every so many beats of the sender's clock, beginning with the first.
struct BeatTrigger {
  std::uint32_t every = 1;   // beats
  std::uint32_t offset = 0;  // beats after the first; below `every`
};

using Trigger =
    std::variant<NoteTrigger, ControlTrigger, ReleaseTrigger, HoldTrigger, DoubleTapTrigger,
                 ChordTrigger, EncoderTrigger, PressureTrigger, BendTrigger, ProgramTrigger,
                 ParameterTrigger, SysexTrigger, TransportTrigger, BeatTrigger>;

// Whether `trigger` asks for this gesture. `named` is the index of the trigger's chord or pattern
// in the detector's rules, if it has one.
[[nodiscard]] bool matches(const Trigger& trigger, const Gesture& gesture, std::uint32_t named);

// In words: "Note C2, velocity 20 to 127, channel 1".
[[nodiscard]] std::string describe(const Trigger& trigger);

// Whether every gesture that `narrow` asks for is one that `wide` asks for, too.
[[nodiscard]] bool covers(const Trigger& wide, const Trigger& narrow);

}  // namespace midimon
