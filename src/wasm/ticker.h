// The Ticker class watches the deadlines of all running calls with one thread.
//
// It sleeps until the earliest deadline, marks the tickets that are due and calls `tick`, which
// makes every running guest look at its own ticket. Arming costs an uncontended lock: the thread is
// woken only for a deadline earlier than the one it sleeps for.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace midimon::wasm {

class Ticker {
 public:
  // The deadline of one call. It stays where it is while it is armed.
  class Ticket {
   public:
    [[nodiscard]] bool expired() const { return expired_.load(std::memory_order_relaxed); }

   private:
    friend class Ticker;
    std::atomic<bool> expired_{false};
    Nanos deadline_{};
    std::size_t slot_ = 0;
  };

  explicit Ticker(std::function<void()> tick);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  // Starts to watch `ticket`, which expires at `deadline` on the monotonic clock.
  void arm(Ticket& ticket, Nanos deadline);
  // Stops to watch it. Afterwards the ticket may go or be armed again.
  void disarm(Ticket& ticket);

 private:
  void run();
  // Marks what is due and answers the time to wake next. Called with the lock held.
  Nanos expire_due(Nanos now);

  std::function<void()> tick_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Ticket*> armed_;
  Nanos wake_ = Nanos::max();  // when the thread looks again
  Nanos last_armed_{};
  bool stopping_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace midimon::wasm
