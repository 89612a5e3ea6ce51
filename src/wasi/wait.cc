#include "wasi/wait.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

namespace midimon::wasi {
namespace {

Nanos now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::chrono::seconds(time.tv_sec) + Nanos(time.tv_nsec);
}

// Longer sleeps are slept in turns; also keeps the timespec far from any overflow.
constexpr Nanos kLongestSleep = std::chrono::hours(1);

// How often to look for a cancel that has no descriptor to wake us.
constexpr Nanos kLookForCancel = std::chrono::milliseconds(20);

bool over(wasm::Budget& budget) {
  if (now() >= budget.deadline()) budget.stop(wasm::StopReason::deadline);
  if (budget.cancel() != nullptr && budget.cancel()->cancelled()) {
    budget.stop(wasm::StopReason::cancelled);
  }
  return budget.is_over() || now() >= budget.deadline();
}

}  // namespace

Waited wait_for(std::span<pollfd> fds, Nanos until, wasm::Budget& budget) {
  std::array<pollfd, kMaxWaits + 1> all;
  const std::size_t count = std::min(fds.size(), kMaxWaits);
  std::copy_n(fds.begin(), count, all.begin());
  all[count] = {budget.cancel() == nullptr ? -1 : budget.cancel()->fd(), POLLIN, 0};

  const bool deaf = budget.cancel() != nullptr && budget.cancel()->fd() < 0;
  const Nanos longest = deaf ? kLookForCancel : kLongestSleep;
  while (true) {
    const Nanos start = now();
    const Nanos end = std::min(until, budget.deadline());
    const Nanos rest = std::clamp(end - std::min(start, end), Nanos{}, longest);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(rest);
    const timespec timeout{seconds.count(), (rest - seconds).count()};
    const int ready = ::ppoll(all.data(), count + 1, &timeout, nullptr);
    const int error = errno;
    if (over(budget)) return Waited::over;
    if (ready > 0) {
      std::copy_n(all.begin(), count, fds.begin());
      return Waited::ready;
    }
    if (now() >= until) return Waited::timeout;
    if (ready < 0 && error != EINTR) {  // the kernel is short of memory: do not spin on it
      const timespec pause{0, 1'000'000};
      ::nanosleep(&pause, nullptr);
    }
  }
}

}  // namespace midimon::wasi
