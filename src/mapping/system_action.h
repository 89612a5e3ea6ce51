// What a mapping can ask for besides plugins: keys, text and clicks, programs, the volume, MIDI.
//
// An action is what the profile says, with places for values of the event; a request is one of
// these with the values in their places, ready to be done. Nothing here does it: see
// actions/system_caller.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "mapping/event_values.h"
#include "mapping/key_names.h"
#include "mapping/params_template.h"
#include "toml/source_pos.h"

namespace midimon {

// A number that stands in the profile, or that the event brings along.
struct NumberTemplate {
  double fixed = 0;
  std::optional<Placeholder> of_event;

  // `fixed` where the event has no such value.
  [[nodiscard]] double value(const EventValues& values) const;
};

// The wheel counts as four buttons, as it does in X11, whose order this is.
enum class MouseButton : std::uint8_t {
  left,
  middle,
  right,
  scroll_up,
  scroll_down,
  scroll_left,
  scroll_right,
};
// As they are written, in the order of MouseButton.
inline constexpr std::array<std::string_view, 7> kMouseButtons = {
    "left", "middle", "right", "scroll_up", "scroll_down", "scroll_left", "scroll_right"};
enum class VolumeOperation : std::uint8_t { up, down, set, mute, unmute, toggle };
enum class MidiKind : std::uint8_t {
  note_on,
  note_off,
  control,
  program,
  bend,
  pressure,
  note_pressure,
  sysex,
};

// --- Actions -------------------------------------------------------------------------------------

// Presses and releases the chords one after another.
struct Keystroke {
  std::vector<KeyChord> chords;  // never empty
  bool hold = false;             // the last stays down until the note that asked for it is released
};

struct TypeText {
  TextTemplate text;
};

// Where the pointer is, or at a place of the screen.
struct MouseClick {
  MouseButton button = MouseButton::left;
  int count = 1;
  std::optional<std::pair<int, int>> at;
};

struct MouseMove {
  NumberTemplate x;
  NumberTemplate y;
  bool relative = false;
};

// Starts a program and leaves it alone.
struct Launch {
  std::vector<TextTemplate> argv;  // never empty
};

// Runs a program to its end.
struct Command {
  std::vector<TextTemplate> argv;            // never empty
  Nanos timeout = std::chrono::seconds(10);  // then it is killed, with all that it started
};

struct VolumeControl {
  VolumeOperation operation = VolumeOperation::up;
  NumberTemplate percent;  // of up and down how far, of set where to: 0 to 100
};

struct SendMidi {
  std::string port;  // part of an output's name; empty: the controller itself
  MidiKind kind = MidiKind::note_on;
  int channel = 0;  // 0 to 15
  NumberTemplate number;
  NumberTemplate value;
  std::vector<std::uint8_t> sysex;  // F0 to F7
};

// Ends all that runs, and silences every output.
struct Panic {};

struct SystemAction {
  std::variant<Keystroke, TypeText, MouseClick, MouseMove, Launch, Command, VolumeControl, SendMidi>
      what;
  SourcePos pos;

  // The values that it asks an event for.
  [[nodiscard]] std::vector<ValueName> names() const;
};

// --- Requests ------------------------------------------------------------------------------------

enum class KeyMotion : std::uint8_t { tap, down, up };

// Of several chords all but the last are tapped.
struct KeyRequest {
  std::vector<KeyChord> chords;  // never empty
  KeyMotion motion = KeyMotion::tap;
};
struct TextRequest {
  std::string text;  // UTF-8
};
struct MoveRequest {
  int x = 0;
  int y = 0;
  bool relative = false;
};
struct LaunchRequest {
  std::vector<std::string> argv;
  std::string directory{};  // where it starts, absolute; the home directory if that is none
};
struct CommandRequest {
  std::vector<std::string> argv;
  Nanos timeout{};
};
struct VolumeRequest {
  VolumeOperation operation = VolumeOperation::up;
  double percent = 0;
};
struct MidiRequest {
  std::string port;  // as SendMidi has it
  std::vector<std::uint8_t> bytes;
};
// All notes off and all sound off, on every channel of every output.
struct SilenceRequest {};

using SystemRequest = std::variant<KeyRequest, TextRequest, MouseClick, MoveRequest, LaunchRequest,
                                   CommandRequest, VolumeRequest, MidiRequest, SilenceRequest>;

[[nodiscard]] SystemRequest request_of(const SystemAction& action, const EventValues& values);

// A few words for people: "keystroke ctrl+s", "launch obs --startvirtualcam".
[[nodiscard]] std::string describe(const SystemAction& action);
[[nodiscard]] std::string describe(const SystemRequest& request);

}  // namespace midimon
