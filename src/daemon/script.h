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
  enum class Kind : std::uint8_t { event, wait, disconnect, fact };
  Nanos at{};
  Kind kind = Kind::event;
  TypedEvent event;
  std::string from{};       // the alias of the device that it comes from; empty: none of them
  OutsideCondition fact{};  // what holds from now on, or does not
  bool holds = false;
  std::string text{};  // as it was written, escaped as base/text.h does
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
//   3s      from pads press C2 the same of one of the profile's [[devices]]
//   5s      disconnect         the controller is gone; "from pads disconnect", one of several
//   6s      app-starts obs     a program runs from now on, for AppRunning; app-ends: no more
//   6s      app-front firefox  its window is in front, for AppFrontmost; without a name, none
//   6s      plugin-state obs recording   what a plugin is doing, for PluginState
//
// What stands behind "#" is a comment. Times do not go back. Fails with `invalid`, naming each line
// that is wrong, or with `limit`.
[[nodiscard]] Result<Script> parse_script(std::string_view text, std::string_view file);

}  // namespace midimon
