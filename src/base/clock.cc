#include "base/clock.h"

#include <ctime>

namespace midimon {
namespace {

Nanos read_clock(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);  // cannot fail for the two clocks asked for here
  return std::chrono::seconds(now.tv_sec) + Nanos(now.tv_nsec);
}

}  // namespace

Nanos SystemClock::monotonic() const {
  return read_clock(CLOCK_MONOTONIC);
}
Nanos SystemClock::realtime() const {
  return read_clock(CLOCK_REALTIME);
}

}  // namespace midimon
