#include "wasm/cancel.h"

#include <sys/eventfd.h>

#include <cstdint>

namespace midimon::wasm {

CancelSource::CancelSource() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void CancelSource::cancel() const {
  cancelled_.store(true, std::memory_order_relaxed);
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then it is readable already.
  [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
}

}  // namespace midimon::wasm
