// The Worker class does jobs one after another, on a thread of its own.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "base/clock.h"

namespace midimon {

// The calling thread gets no signals any more: the program's handlers run elsewhere, and a
// connection that breaks is an error and not a SIGPIPE.
void block_signals();

class Worker {
 public:
  // `closing`: the worker goes, and the job is to come to its end without doing much.
  using Job = std::function<void(bool closing)>;

  // `at_end` is called on its thread when nothing else is left to do.
  explicit Worker(std::size_t max_queued, std::function<void()> at_end);
  // Calls the jobs that still wait as closing ones.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Whether a job waits only where there is room for it. Who lets some wait always sees to it that
  // these are not too many.
  enum class Room : std::uint8_t { limited, always };
  // False if the queue is full. Thread-safe.
  [[nodiscard]] bool post(Job job, Room room = Room::limited);

  // For jobs: waits so long, or until there is something else to do.
  void linger(Nanos time);
  // For jobs that take their time: whether the worker goes.
  [[nodiscard]] bool closing();

 private:
  void work();

  const std::size_t max_queued_;
  const std::function<void()> at_end_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> queue_;
  bool closing_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace midimon
