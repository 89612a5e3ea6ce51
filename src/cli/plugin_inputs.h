// The PluginInputs class makes an input of each plugin that has events: "plugin:<id>", a controller
// among others.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ports/inputs.h"

namespace midimon::cli {

// Thread-safe.
class PluginInputs {
 public:
  // `clock` outlives this.
  explicit PluginInputs(const Clock& clock) : clock_(clock) {}

  // What a plugin sends now. One thread for each plugin.
  void put(const std::string& plugin, std::span<const std::uint8_t> bytes) {
    std::shared_ptr<InputPort> input;
    {
      const std::scoped_lock lock(mutex_);
      auto& known = inputs_[plugin];
      if (known == nullptr) {
        known = std::make_shared<InputPort>("plugin:" + plugin);
        changed_.store(true, std::memory_order_release);
      }
      input = known;
    }
    (void)input->ring().put(clock_.monotonic(), bytes);
  }

  // Whether there are others than when this was asked last. Cheap.
  [[nodiscard]] bool take_changed() {
    return changed_.load(std::memory_order_acquire) &&
           changed_.exchange(false, std::memory_order_acq_rel);
  }

  // Those that sent something so far.
  void add_to(std::vector<std::shared_ptr<InputPort>>& inputs) const {
    const std::scoped_lock lock(mutex_);
    for (const auto& [plugin, input] : inputs_)
      inputs.push_back(input);
  }

 private:
  const Clock& clock_;
  std::atomic<bool> changed_ = false;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<InputPort>> inputs_;
};

}  // namespace midimon::cli
