// Sleeping on behalf of a guest: in the kernel, no longer than its budget, and until it is called
// back.
#pragma once

#include <poll.h>

#include <span>

#include "base/clock.h"
#include "wasm/budget.h"

namespace midimon::wasi {

enum class Waited {
  ready,    // one of the descriptors is
  timeout,  // `until` has come
  over,     // the budget is over: the call must end; the budget knows why
};

// The most descriptors one wait can watch.
inline constexpr std::size_t kMaxWaits = 64;

// Waits for `fds` (as poll(2) does, revents included), until `until` on the monotonic clock.
Waited wait_for(std::span<pollfd> fds, Nanos until, wasm::Budget& budget);

}  // namespace midimon::wasi
