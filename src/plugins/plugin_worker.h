// The PluginWorker class runs the calls of one plugin, one after another, on a thread of its own;
// on another one if that thread gets stuck.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "actions/plugin_caller.h"
#include "base/clock.h"
#include "midimon/result.h"
#include "plugins/failure_watch.h"

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
  // The longest that a call may take by its own limits.
  [[nodiscard]] virtual Nanos limit() const = 0;
  // The thread that is in call() is given up: what it does and keeps is not to be used again, while
  // another thread goes on calling. Called on any thread.
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

// Told that something is wrong with a plugin: "failed 3 times in a row, ...". On any thread.
using PluginNotice = std::function<void(const std::string& plugin, const std::string& what)>;

// Thread-safe.
class PluginWorker {
 public:
  // How long a call may be overdue before its thread counts as stuck. Its own limits end it long
  // before; what is left is a call into the system that does not return.
  static constexpr Nanos kGrace = std::chrono::seconds(2);

  // `clock` outlives this.
  PluginWorker(std::string plugin, std::unique_ptr<Callee> callee, const Clock& clock,
               PluginNotice notice);
  // Waits for the calls that run and wait; a thread that is stuck is left behind.
  ~PluginWorker();
  PluginWorker(const PluginWorker&) = delete;
  PluginWorker& operator=(const PluginWorker&) = delete;

  // As PluginCaller has it.
  void call(PluginCall call, std::function<void(PluginReport)> done);

  // Gives up the thread if its call is overdue at `now`: the call is reported, and a new thread
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
