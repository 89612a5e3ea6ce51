// Reads a script for a simulation: events and when they come, one a line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "mapping/condition.h"
#include "mapping/event_text.h"
#include "midimon/result.h"

namespace midimon {

inline constexpr std::size_t kMaxScriptBytes = std::size_t{1} << 20U;

struct ScriptStep {
  enum class Kind : std::uint8_t { event, wait, disconnect };
  Nanos at{};
  Kind kind = Kind::event;
  TypedEvent event;
  std::string text;  // as it was written, escaped as base/text.h does
};

struct Script {
  LocalTime start;                // of the week, at time 0
  std::vector<ScriptStep> steps;  // in order of time
};

// Reads a script:
//
//   now Mon 09:30              the time of the week at 0ms; before all events; midnight on a Monday
//                              if not given
//   0ms     press C2 100       a time from the beginning, and an event (mapping/event_text.h)
//   +120ms  release C2         a time from the line before
//   2s      wait               nothing comes in, but time goes by
//   2s      clock 96 120       96 ticks of a clock at 120 beats a minute
//   5s      disconnect         the controller is gone
//
// What stands behind "#" is a comment. Times do not go back. Fails with `invalid`, naming each line
// that is wrong, or with `limit`.
[[nodiscard]] Result<Script> parse_script(std::string_view text, std::string_view file);

}  // namespace midimon
