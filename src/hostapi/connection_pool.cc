#include "hostapi/connection_pool.h"

#include <utility>

namespace midimon::hostapi {

std::unique_ptr<net::Connections> ConnectionPool::take(net::Web& web) {
  {
    const std::lock_guard lock(mutex_);
    if (!kept_.empty()) {
      auto last = std::move(kept_.back());
      kept_.pop_back();
      return last;
    }
  }
  return std::make_unique<net::Connections>(web, lookups_);
}

void ConnectionPool::give(std::unique_ptr<net::Connections> connections) {
  const std::lock_guard lock(mutex_);
  if (kept_.size() < kMaxKept) kept_.push_back(std::move(connections));
}

}  // namespace midimon::hostapi
