// The one thing the MIDI side knows of plugins: how to ask for a call and hear what became of it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "midimon/outcome.h"

namespace midimon {

// A call to make: which plugin, which of its actions, and what the press was like.
struct PluginCall {
  std::string plugin;
  std::string action;
  std::string params_json = "{}";  // an object
  std::optional<int> velocity;     // 0 to 127
  std::optional<int> mode;         // index of the mode the event was matched in
  std::int64_t timestamp_ms = 0;   // since 1970-01-01T00:00:00Z
};

// What became of it.
struct PluginReport {
  Outcome outcome = Outcome::ok;
  std::string message;  // for people; empty when there is nothing to add
  Nanos duration{};     // from the start of the call to its return, time in a queue not included
};

// The PluginCaller class runs plugin calls somewhere else. Thread-safe.
class PluginCaller {
 public:
  virtual ~PluginCaller() = default;
  // Asks for `call` and returns at once. `done` is called exactly once, on any thread, possibly
  // before this returns; calls for one plugin are run, and reported, in the order they were asked.
  virtual void call(PluginCall call, std::function<void(PluginReport)> done) = 0;
};

}  // namespace midimon
