// The Drain class hands the events of a ring on, on a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "audit/ring.h"

namespace midimon::audit {

class Drain {
 public:
  struct Work {
    std::function<void(const Event&)> take;  // of each event; what it throws is caught and counted
    std::function<void()> settle;            // after a batch, and when there was none for a while
  };
  Drain(std::size_t ring_bytes, Work work);
  // Hands on what is left first.
  ~Drain();
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;

  // Never waits: an event for which there is no room is counted, and a `lost` event says so later.
  void push(const Event& event, Nanos time);
  // Waits for room, and until the event was taken and `settle` was called after it.
  void push_and_wait(const Event& event, Nanos time);
  // Waits until all that was pushed before was taken and settled.
  void wait_for_all();

  // What `take` threw.
  [[nodiscard]] std::uint64_t thrown() const { return thrown_; }

 private:
  void run();
  bool drain_batch();
  void take_one(const Event& event);
  void take_lost();
  template <typename Call>
  void guarded(Call call);
  void pause(bool idle);
  void wake();
  void wait_until_settled(Ring::Position position);

  Ring ring_;
  Work work_;
  std::atomic<bool> done_{false};
  std::atomic<bool> asleep_{false};  // until the next event, or for long
  std::atomic<bool> full_{false};    // it was woken because the ring fills up
  std::atomic<std::uint64_t> thrown_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable settled_changed_;
  bool awake_ = false;          // under mutex_
  Ring::Position settled_ = 0;  // under mutex_
  std::uint64_t rounds_ = 0;    // under mutex_: how often all was settled
  std::thread thread_;          // last: it uses all of the above
};

}  // namespace midimon::audit
