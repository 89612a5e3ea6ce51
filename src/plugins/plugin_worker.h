// The PluginWorker class runs the calls of one plugin, one after another, on a thread of its own;
// on another one if that thread gets stuck. One that has events is asked for them in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actions/plugin_caller.h"
#include "base/clock.h"
#include "midimon/result.h"
#include "plugins/failure_watch.h"
#include "plugins/polled_events.h"

namespace midimon::plugins {

// The Callee class is a plugin as its worker sees it. Used by one thread at a time, save where it
// says otherwise.
class Callee {
 public:
  virtual ~Callee() = default;
  // The first thing that the thread does that calls it. An error: it must not be called.
  virtual Result<void> begin_thread() = 0;
  // Makes the next call ready, when there is time.
  virtual void prepare() = 0;
  virtual PluginReport call(PluginCall& call) = 0;
  // Whether it is to be asked for events; then poll() asks. Those of a call that failed are empty.
  [[nodiscard]] virtual bool polls() const { return false; }
  virtual PluginReport poll(PolledEvents& events) {
    events = {};
    return {};
  }
  // The longest that a call may take by its own limits.
  [[nodiscard]] virtual Nanos limit() const = 0;
  // The thread that is in one of these is given up: what it does and keeps is not to be used again,
  // while another thread goes on calling. Called on any thread.
  virtual void give_up() = 0;
};

// What is to be told of a plugin that runs.
struct PluginStatus {
  std::string plugin;
  Health health = Health::well;
  std::size_t waiting = 0;       // calls
  std::uint64_t calls = 0;       // that were run
  std::uint64_t failures = 0;    // of those, by FailureWatch::is_failure
  std::uint64_t dropped = 0;     // calls, for want of room
  std::uint64_t superseded = 0;  // calls, by later values
  std::uint64_t restarts = 0;    // of its thread
};

// What its worker tells of a plugin, on any thread; each may be empty.
struct PluginHooks {
  // Something is wrong with it: "failed 3 times in a row, ...".
  std::function<void(const std::string& plugin, const std::string& what)> notice;
  // It has events, as a device sends them.
  std::function<void(const std::string& plugin, const std::vector<std::uint8_t>& bytes)> event;
  // A call set what its pads are to show (docs/abi.md, set_state).
  std::function<void(const std::string& plugin, const std::string& state_json)> state;
};

// Thread-safe.
class PluginWorker {
 public:
  // How long a call may be overdue before its thread counts as stuck; what comes before and after
  // it may take as long. Its own limits end it long
  // before; what is left is a call into the system that does not return.
  static constexpr Nanos kGrace = std::chrono::seconds(2);
  // How many threads may get stuck in getting ready; then nothing is made ready any more.
  static constexpr int kMaxStuckPreparations = 3;

  // `clock` outlives this.
  PluginWorker(std::string plugin, std::unique_ptr<Callee> callee, const Clock& clock,
               PluginHooks hooks);
  // Waits for the calls that run and wait; a thread that is stuck is left behind.
  ~PluginWorker();
  PluginWorker(const PluginWorker&) = delete;
  PluginWorker& operator=(const PluginWorker&) = delete;

  // As PluginCaller has it.
  void call(PluginCall call, std::function<void(PluginReport)> done);

  // Gives up the thread if what it does is overdue at `now`: a call is reported, and a new thread
  // goes on with those that wait.
  void look_after(Nanos now);

  [[nodiscard]] PluginStatus status() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with its threads
};

// Threads of this process that were given up and have not come back. They use what their plugin was
// loaded with: while there are any, a process ends by _exit().
[[nodiscard]] std::size_t lost_threads();

}  // namespace midimon::plugins
