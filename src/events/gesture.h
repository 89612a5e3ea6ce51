// The Gesture struct is something a person did with the controller, and when.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"

namespace midimon {

// Channels are 0 to 15, all other numbers 0 to 127, as on the wire, where nothing else is said.
// `previous` is the value before this one; 0 before the first.

// Whether a press may yet become something else.
enum class Stage : std::uint8_t {
  whole,    // it cannot: nothing else is made of this note
  begun,    // it may: it has just come down
  settled,  // it did not: no long press, double tap or chord came of it
};

struct NotePressed {
  std::uint8_t channel = 0;
  std::uint8_t note = 0;
  std::uint8_t velocity = 0;  // 1 to 127
  Stage stage = Stage::whole;
  friend bool operator==(const NotePressed&, const NotePressed&) = default;
};

// Comes after whatever became of the press, once for each press.
struct NoteReleased {
  std::uint8_t channel = 0;
  std::uint8_t note = 0;
  std::uint8_t velocity = 0;  // of the release; 0 where the device does not measure it
  friend bool operator==(const NoteReleased&, const NoteReleased&) = default;
};

// A note has been down for `duration`, one of those that the rules ask for.
struct NoteHeld {
  std::uint8_t channel = 0;
  std::uint8_t note = 0;
  std::uint8_t velocity = 0;  // of the press
  Nanos duration{};
  friend bool operator==(const NoteHeld&, const NoteHeld&) = default;
};

struct NoteDoubleTapped {
  std::uint8_t channel = 0;
  std::uint8_t note = 0;
  std::uint8_t velocity = 0;  // of the second press
  Nanos interval{};           // between the presses
  friend bool operator==(const NoteDoubleTapped&, const NoteDoubleTapped&) = default;
};

struct ChordPressed {
  std::uint8_t channel = 0;
  std::uint8_t velocity = 0;  // of its hardest note
  std::uint32_t chord = 0;    // index in GestureRules::chords()
  friend bool operator==(const ChordPressed&, const ChordPressed&) = default;
};

struct ControlChanged {
  std::uint8_t channel = 0;
  std::uint8_t controller = 0;
  std::uint8_t value = 0;
  std::uint8_t previous = 0;
  friend bool operator==(const ControlChanged&, const ControlChanged&) = default;
};

// A controller of 14 bits: `controller` (0 to 31) has the upper half, the one 32 above the lower.
struct WideControlChanged {
  std::uint8_t channel = 0;
  std::uint8_t controller = 0;
  std::uint16_t value = 0;  // 0 to 16383
  std::uint16_t previous = 0;
  friend bool operator==(const WideControlChanged&, const WideControlChanged&) = default;
};

// How an encoder says in a control change that it was turned.
enum class Encoding : std::uint8_t {
  absolute,         // where it stands
  twos_complement,  // 1 is a step clockwise, 127 one back
  offset_binary,    // 65 is a step clockwise, 63 one back
  sign_magnitude,   // 1 is a step clockwise, 65 one back
};

struct EncoderTurned {
  std::uint8_t channel = 0;
  std::uint8_t controller = 0;
  Encoding encoding = Encoding::absolute;
  std::int8_t steps = 0;  // clockwise above 0, never 0
  Nanos interval{};       // since it was last turned the same way; kSlowTurn at most
  friend bool operator==(const EncoderTurned&, const EncoderTurned&) = default;
};
inline constexpr Nanos kSlowTurn = std::chrono::seconds(1);

// Aftertouch of a whole channel.
struct PressureChanged {
  std::uint8_t channel = 0;
  std::uint8_t pressure = 0;
  std::uint8_t previous = 0;
  friend bool operator==(const PressureChanged&, const PressureChanged&) = default;
};

// Aftertouch of one note (polyphonic).
struct NotePressureChanged {
  std::uint8_t channel = 0;
  std::uint8_t note = 0;
  std::uint8_t pressure = 0;
  std::uint8_t previous = 0;
  friend bool operator==(const NotePressureChanged&, const NotePressureChanged&) = default;
};

struct BendChanged {
  std::uint8_t channel = 0;
  std::uint16_t value = 0;  // 0 to 16383; 8192 is the centre
  std::uint16_t previous = 8192;
  friend bool operator==(const BendChanged&, const BendChanged&) = default;
};

struct ProgramChanged {
  std::uint8_t channel = 0;
  std::uint8_t program = 0;
  friend bool operator==(const ProgramChanged&, const ProgramChanged&) = default;
};

// An RPN (registered) or NRPN got a value.
struct ParameterChanged {
  std::uint8_t channel = 0;
  bool registered = false;
  bool wide = false;            // the lower half of the value came, too: 14 bits instead of 7
  std::uint16_t parameter = 0;  // 0 to 16383
  std::uint16_t value = 0;      // 0 to 16383 if wide, else 0 to 127
  friend bool operator==(const ParameterChanged&, const ParameterChanged&) = default;
};

struct SysexReceived {
  std::uint32_t pattern = 0;  // index in GestureRules::patterns(): which of them it is like
  std::uint8_t value = 0;     // the first byte that the pattern leaves open; 0 if there is none
  friend bool operator==(const SysexReceived&, const SysexReceived&) = default;
};

enum class Transport : std::uint8_t { start, stop, resume };

struct TransportChanged {
  Transport what = Transport::start;
  friend bool operator==(const TransportChanged&, const TransportChanged&) = default;
};

// A beat of the sender's clock, which is a quarter note.
struct BeatReached {
  std::uint32_t number = 0;  // from the start of the song on, 0 first
  Nanos length{};            // of the beat before; 0 while that is not known
  friend bool operator==(const BeatReached&, const BeatReached&) = default;
};

inline constexpr std::uint32_t kCurrentMode = std::numeric_limits<std::uint32_t>::max();

// A value. `at` is on the monotonic clock, or whichever clock stamped the message; for what came
// of waiting it is when the wait was over, however late that was noticed.
struct Gesture {
  Nanos at{};
  std::variant<NotePressed, NoteReleased, ControlChanged, NoteHeld, NoteDoubleTapped, ChordPressed,
               WideControlChanged, EncoderTurned, PressureChanged, NotePressureChanged, BendChanged,
               ProgramChanged, ParameterChanged, SysexReceived, TransportChanged, BeatReached>
      what;
  // Where it belongs: a press, and all that comes of it, to the mode in which it began.
  std::uint32_t mode = kCurrentMode;
  // Which of several controllers it was done with.
  std::uint8_t source = 0;
  friend bool operator==(const Gesture&, const Gesture&) = default;
};

// How hard it was: the velocity of a press, or of what came of it. Nothing for what has none.
[[nodiscard]] std::optional<int> velocity_of(const Gesture& gesture);

// A few words for people, numbers as people count them: "note C4 pressed, velocity 100, channel 1".
[[nodiscard]] std::string describe(const Gesture& gesture);

}  // namespace midimon
