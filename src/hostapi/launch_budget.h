// The LaunchBudget class bounds how often one plugin may have something started or opened outside
// of the sandbox, over all its instances and all host functions that do such a thing.
#pragma once

#include <mutex>

#include "base/clock.h"

namespace midimon::hostapi {

// Thread-safe.
class LaunchBudget {
 public:
  static constexpr int kAtOnce = 6;
  static constexpr Nanos kEach = std::chrono::seconds(10);  // until there is one more

  // Takes one at the monotonic time `now`: zero. Otherwise nothing is taken, and this is how long
  // it is until there is one.
  [[nodiscard]] Nanos take(Nanos now);

 private:
  std::mutex mutex_;
  Nanos full_at_ = Nanos::min();  // when there are kAtOnce again
};

}  // namespace midimon::hostapi
