// Until when something may block, and a wait that keeps to it.
#pragma once

#include <poll.h>

#include <functional>

#include "base/clock.h"

namespace midimon {

struct Until {
  Nanos deadline = Nanos::max();  // on the monotonic clock
  int cancel_fd = -1;             // readable once it is to end; -1: none
  // Whether it is to end now; may be empty. Looked at often where there is no descriptor.
  std::function<bool()> cancelled = {};

  [[nodiscard]] bool is_cancelled() const { return cancelled && cancelled(); }
  [[nodiscard]] bool is_late() const { return SystemClock().monotonic() >= deadline; }
  [[nodiscard]] bool is_over() const { return is_cancelled() || is_late(); }
  // How long one wait may be: to the deadline, rounded up, and at most a minute.
  [[nodiscard]] int milliseconds() const;
};

// Whether `events` of `fd` came, or an error of it, before `until` was over.
[[nodiscard]] bool wait_for(int fd, short events, const Until& until);

}  // namespace midimon
