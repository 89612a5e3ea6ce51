// Time, passed in: nothing below main() reads a clock of its own, so that tests can turn the hands.
#pragma once

#include <chrono>
#include <cstdint>

namespace midimon {

// A point on the monotonic clock, and a span of time, both in nanoseconds.
using Nanos = std::chrono::nanoseconds;

// The Clock class tells the time. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Time since an arbitrary start; never goes back.
  [[nodiscard]] virtual Nanos monotonic() const = 0;
  // Time since 1970-01-01T00:00:00Z; may jump.
  [[nodiscard]] virtual Nanos realtime() const = 0;
};

// The operating system's clocks: CLOCK_MONOTONIC and CLOCK_REALTIME.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Nanos monotonic() const override;
  [[nodiscard]] Nanos realtime() const override;
};

// A clock that stands still until it is moved. For tests and for virtual time; not thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Nanos monotonic = {}, Nanos realtime = {})
      : monotonic_(monotonic), realtime_(realtime) {}
  [[nodiscard]] Nanos monotonic() const override { return monotonic_; }
  [[nodiscard]] Nanos realtime() const override { return realtime_; }
  void advance(Nanos by) {
    monotonic_ += by;
    realtime_ += by;
  }

 private:
  Nanos monotonic_;
  Nanos realtime_;
};

}  // namespace midimon
