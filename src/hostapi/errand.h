// run_errand() has something done on another thread and waits for it, no longer than the call may.
//
// Threads that run guests are held to the guest's own files by the kernel, and what they wait for
// may never come; so whatever reaches the machine is done by threads of its own.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "hostapi/context.h"
#include "hostapi/guest.h"

namespace midimon::hostapi {

// How long it may take until a call that is called back is noticed.
inline constexpr Nanos kLookForCancel = std::chrono::milliseconds(10);

// Calls `start` with a stop_token and a function that takes the T that comes of it, once, on any
// thread. Nothing if the call is over before: the errand is told to stop, what comes of it is
// dropped, and the guest ends with the host function's return.
template <typename T, typename Start>
std::optional<T> run_errand(Context& context, HostCall& call, const Start& start) {
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<T> result;
  };
  const auto shared = std::make_shared<Shared>();
  std::stop_source stop;
  start(stop.get_token(), [shared](T result) {
    {
      const std::lock_guard lock(shared->mutex);
      shared->result = std::move(result);
    }
    shared->changed.notify_one();
  });
  std::unique_lock lock(shared->mutex);
  while (!shared->result) {
    const Nanos rest = call.budget.deadline() - context.clock().monotonic();
    if (rest <= Nanos{}) call.budget.stop(wasm::StopReason::deadline);
    if (call.budget.cancel() != nullptr && call.budget.cancel()->cancelled()) {
      call.budget.stop(wasm::StopReason::cancelled);
    }
    if (call.budget.is_over()) {
      lock.unlock();
      stop.request_stop();
      return std::nullopt;
    }
    shared->changed.wait_for(lock, std::min(rest, kLookForCancel));
  }
  return std::move(shared->result);
}

}  // namespace midimon::hostapi
