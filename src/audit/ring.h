// The Ring class carries events from many plugin threads to one reader, without locks, allocation
// or waiting.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "audit/event.h"

namespace midimon::audit {

// A text of an event that is longer is cut to this; the event says so. WASI's longest path fits.
inline constexpr std::size_t kMaxText = 4096;

class Ring {
 public:
  // Where a record ends, counted in bytes since the start. Grows only.
  using Position = std::uint64_t;

  // `bytes` is rounded up to a power of two, and to what one event of the longest texts needs.
  explicit Ring(std::size_t bytes);

  // Copies `event`, with `time` in place of its own. None: there is no room, and the event is
  // counted as lost. Any thread.
  std::optional<Position> push(const Event& event, Nanos time);

  // The same without counting: for a caller that will try again.
  std::optional<Position> try_push(const Event& event, Nanos time);

  // Hands on at most one event, which is valid during the call; before it, where some were dropped,
  // a `lost` event with their count and the next event's time. False: there was none. Reader only.
  bool pop(const std::function<void(const Event&)>& take);

  // Takes the count of what was dropped since the last event that got in. Reader only.
  std::uint64_t take_lost() { return lost_.exchange(0, std::memory_order_relaxed); }

  // Bytes in use, what is being written included. Any thread; a guess while others push.
  [[nodiscard]] std::size_t used() const;
  [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }
  // The end of what was handed on, and of what was pushed or is being pushed.
  [[nodiscard]] Position popped() const { return read_.load(std::memory_order_acquire); }
  [[nodiscard]] Position pushed() const { return write_.load(std::memory_order_acquire); }

 private:
  struct Reserved {
    Position start;  // of the record, after what had to be skipped
    Position end;
  };
  std::optional<Reserved> reserve(std::size_t size);
  [[nodiscard]] std::byte* at(Position position) const {
    return memory_.get() + (position & mask_);
  }

  std::size_t mask_;
  std::unique_ptr<std::byte[]> memory_;  // zero wherever nothing was written
  alignas(64) std::atomic<Position> write_{0};
  alignas(64) std::atomic<Position> read_{0};
  alignas(64) std::atomic<std::uint64_t> lost_{0};
};

}  // namespace midimon::audit
