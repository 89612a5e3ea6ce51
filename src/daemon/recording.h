// The Recording struct is a session of a daemon: what came in, what conditions were told, and what
// became of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "mapping/condition.h"
#include "midi/message.h"
#include "midimon/outcome.h"
#include "midimon/result.h"

namespace midimon {

// A message of `input`.
struct RecordedMessage {
  std::string input;
  Message message;
  std::vector<std::uint8_t> sysex;  // without F0 and F7
};
// An input came or went.
struct RecordedInput {
  std::string input;
  bool connected = false;
};
// What a condition was told.
struct RecordedTime {
  LocalTime time;
};
struct RecordedFact {
  OutsideCondition condition;
  bool holds = false;
};
// What was found for a message or a wait: words of describe(Gesture), and mappings' descriptions.
struct RecordedGesture {
  std::string gesture;
  std::vector<std::string> mappings;
};
struct RecordedMode {
  std::string mode;
};
// What became of an action; the members are ActionReport's.
struct RecordedAction {
  std::string description;
  std::string what;
  bool ran = true;
  Outcome outcome = Outcome::ok;
  std::string message;
  Nanos took{};
  bool superseded = false;
};
// The profile was read again; with an error it stayed as it was.
struct RecordedReload {
  std::string error;
};

struct RecordedEvent {
  Nanos at{};  // from some beginning on
  std::variant<RecordedMessage, RecordedInput, RecordedTime, RecordedFact, RecordedGesture,
               RecordedMode, RecordedAction, RecordedReload>
      what;
};

struct Recording {
  std::string profile;                // its path
  std::string mode;                   // the one that was current at the beginning
  std::vector<std::string> inputs;    // that were there
  std::vector<RecordedEvent> events;  // in the order in which they happened
};

// The bytes of the largest recording that is read.
inline constexpr std::size_t kMaxRecordingBytes = std::size_t{256} << 20U;

// Reads JSON lines: first {"midimon_recording": 1, "profile": ..., "mode": ..., "inputs": [...]},
// then events as `midimon monitor --json` shows them; those of other kinds are passed over.
// Anything may stand in it. Error: invalid, with the line.
[[nodiscard]] Result<Recording> parse_recording(std::string_view text, std::string_view file);

// Reads the bytes of one whole message, "90 3C 64"; nothing if it is not exactly one.
[[nodiscard]] std::optional<RecordedMessage> read_message(std::string input,
                                                          std::string_view bytes);

// What an event of kind "fact" calls a kind of condition: "app_running", "app_frontmost",
// "plugin_state".
[[nodiscard]] std::string_view fact_kind(OutsideCondition::Kind kind);

// The first line of a recording, without its end.
[[nodiscard]] std::string recording_header(const Recording& recording);

}  // namespace midimon
