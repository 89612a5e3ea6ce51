// The Errands class runs jobs on threads that have the rights of the thread that made it.
//
// Landlock holds a thread for good, and all threads and programs that it starts. A thread that runs
// guests is held, so what it needs done outside (a name resolved, a connection made, a program
// started) it asks of these.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <thread>

namespace midimon {

// Thread-safe.
class Errands {
 public:
  static constexpr std::size_t kMaxQueued = 64;

  // At most `max_running` jobs at the same time; the others wait.
  explicit Errands(std::size_t max_running);
  // Waits for no job: one may hang in a system call. Those that wait are dropped, and those that
  // run must own what they use.
  ~Errands();
  Errands(const Errands&) = delete;
  Errands& operator=(const Errands&) = delete;

  // Runs `job` on a thread of its own, all signals blocked. False when too many wait already.
  [[nodiscard]] bool run(std::function<void()> job);

 private:
  struct State;

  std::shared_ptr<State> state_;
  std::thread thread_;  // starts the others
};

}  // namespace midimon
