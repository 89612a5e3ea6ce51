// The Budget class is what one call may still spend, as host functions see it: they charge fuel for
// their work, ask how much time is left, and end the guest.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/clock.h"
#include "wasm/cancel.h"
#include "wasm/stop.h"
#include "wasm/ticker.h"

namespace midimon::wasm {

class Budget {
 public:
  Budget() = default;
  // Ends at `deadline` for those who look at the clock; nothing watches it.
  explicit Budget(Nanos deadline) : deadline_(deadline) {}

  // Adds to what the guest owes for work done on its behalf. It is taken from its fuel after the
  // host function returns, so that one call is not charged twice for looking.
  void charge(std::uint64_t fuel) { owed_ += fuel; }

  // The moment on the monotonic clock at which the call ends.
  [[nodiscard]] Nanos deadline() const { return deadline_; }

  // Whether the guest must end now: its time is up, its fuel is used up, or it was called back. For
  // host functions that do much in one call, between its parts. Costs three loads most of the time.
  [[nodiscard]] bool is_over() {
    if (owed_ >= kSettleAt && settle_ != nullptr && !settle_(*this, instance_)) {
      stop(StopReason::fuel);
    }
    return !stop_.returned() || ticket_.expired() || (cancel_ != nullptr && cancel_->cancelled());
  }

  // The source that can call this call back; null if there is none. Whatever blocks waits for its
  // descriptor too.
  [[nodiscard]] const CancelSource* cancel() const { return cancel_; }

  // Ends the guest when the host function returns. The first reason given stands.
  void stop(StopReason reason, int exit_code = 0, std::string message = {}) {
    if (stop_.returned()) stop_ = {reason, exit_code, std::move(message)};
  }

 private:
  friend class Instance;

  // The debt is taken from the guest's fuel when it reaches this much, and at the end of the call:
  // a call may overdraw by less than this, and most host calls need not touch the engine.
  static constexpr std::uint64_t kSettleAt = 1'000;

  // Takes the debt from the instance's fuel; false when it had not that much. Null where fuel is
  // not counted.
  bool (*settle_)(Budget& budget, void* instance) = nullptr;
  void* instance_ = nullptr;

  std::uint64_t owed_ = 0;
  Nanos deadline_ = Nanos::max();
  Ticker::Ticket ticket_;
  const CancelSource* cancel_ = nullptr;
  Stop stop_;
};

}  // namespace midimon::wasm
