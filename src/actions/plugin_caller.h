// The one thing the MIDI side knows of plugins: how to ask for a call and hear what became of it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "midimon/outcome.h"

namespace midimon {

// What becomes of a call when its plugin has no time for all that are asked of it.
enum class Delivery : std::uint8_t {
  once,    // it is dropped, and said to be, when too many wait already
  latest,  // only the newest of its lane matters: a later one takes its place
  always,  // it is never dropped: the release of a press
};

// Which calls are about the same: the action of a profile they run, and the note or controller.
struct CallLane {
  const void* action = nullptr;
  std::uint32_t key = 0;
  friend bool operator==(const CallLane&, const CallLane&) = default;
};

// A call to make: which plugin, which of its actions, and what the press was like.
struct PluginCall {
  std::string plugin;
  std::string action;
  std::string params_json = "{}";  // an object
  std::optional<int> velocity;     // 0 to 127
  std::optional<int> mode;         // index of the mode the event was matched in
  std::int64_t timestamp_ms = 0;   // since 1970-01-01T00:00:00Z
  Delivery delivery = Delivery::once;
  CallLane lane{};
};

// What became of it.
struct PluginReport {
  Outcome outcome = Outcome::ok;
  std::string message;  // for people; empty when there is nothing to add
  Nanos duration{};     // from the start of the call to its return, time in a queue not included
  bool superseded = false;  // a later value took its place before its turn came: all is well
  std::string state_json =
      {};  // what the pad is to show (docs/abi.md, set_state); empty: no change
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
