// The CancelSource class calls running guests back: Ctrl-C, a shutdown, a panic button.
#pragma once

#include <atomic>

#include "base/unique_fd.h"

namespace midimon::wasm {

class CancelSource {
 public:
  CancelSource();

  // Every guest that runs under this source ends soon, and every later one at once. Safe to call
  // from any thread and from a signal handler. Guests that are computing notice it at the engine's
  // next tick: call Engine::tick() too.
  void cancel() const;

  [[nodiscard]] bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  // Readable from the moment of cancel() on; -1 where the system has no descriptor to spare.
  [[nodiscard]] int fd() const { return event_.get(); }

 private:
  mutable std::atomic<bool> cancelled_{false};
  UniqueFd event_;
};

}  // namespace midimon::wasm
