// The CallQueue class is where calls wait for their plugin: bounded, and choosy about what it drops
// when there are too many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

#include "actions/plugin_caller.h"

namespace midimon::plugins {

struct CallJob {
  PluginCall call;
  std::function<void(PluginReport)> done;
};

// Calls leave in the order in which they came. Of those with Delivery::latest only the newest of a
// lane waits, so that a knob that is turned costs a slow plugin one call; when there is no room
// they go before others do. Those with Delivery::always stay whatever comes. Not thread-safe.
class CallQueue {
 public:
  static constexpr std::size_t kMaxWaiting = 64;
  // How many releases may wait beyond that: one for each note on each channel.
  static constexpr std::size_t kMaxReleases = 16 * 128;

  // What had to go for a call, or the call itself.
  struct Displaced {
    CallJob job;
    bool superseded = false;  // a later one of its lane stands for it; else it is lost
  };

  // Puts a call last, or in the place of the one it supersedes.
  std::optional<Displaced> push(CallJob job);
  // Takes the first; there is one.
  CallJob pop();

  [[nodiscard]] bool empty() const { return jobs_.empty(); }
  [[nodiscard]] std::size_t size() const { return jobs_.size(); }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] std::uint64_t superseded() const { return superseded_; }

 private:
  Displaced displace(CallJob job, bool superseded);
  std::optional<Displaced> make_room(CallJob& job);

  std::deque<CallJob> jobs_;
  std::uint64_t dropped_ = 0;
  std::uint64_t superseded_ = 0;
};

}  // namespace midimon::plugins
