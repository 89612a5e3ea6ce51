#include "hostapi/launch_budget.h"

#include <algorithm>

namespace midimon::hostapi {

Nanos LaunchBudget::take(Nanos now) {
  const std::lock_guard lock(mutex_);
  const Nanos full_at = std::max(full_at_, now) + kEach;
  const Nanos wait = full_at - now - kAtOnce * kEach;
  if (wait > Nanos{}) return wait;
  full_at_ = full_at;
  return {};
}

}  // namespace midimon::hostapi
