// The ConnectionPool class keeps a plugin's connections from one call to the next, and no other
// plugin's with them.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "net/exchange.h"

namespace midimon::hostapi {

// One for a plugin; thread-safe.
class ConnectionPool {
 public:
  // Those that were given back last, or none yet. Whoever takes them has them alone.
  std::unique_ptr<net::Connections> take(net::Web& web);
  [[nodiscard]] const std::shared_ptr<net::Lookups>& lookups() const { return lookups_; }
  void give(std::unique_ptr<net::Connections> connections);

 private:
  static constexpr std::size_t kMaxKept = 4;  // as many instances as are kept ready

  std::shared_ptr<net::Lookups> lookups_ = std::make_shared<net::Lookups>(0);
  std::mutex mutex_;
  std::vector<std::unique_ptr<net::Connections>> kept_;
};

}  // namespace midimon::hostapi
