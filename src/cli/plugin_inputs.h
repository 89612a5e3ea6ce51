// The PluginInputs class makes an input of each plugin that has events: "plugin:<id>", a controller
// among others.
#pragma once

#include <algorithm>
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

  // What a plugin sends now.
  void put(const std::string& plugin, std::span<const std::uint8_t> bytes) {
    // A ring is for one that puts: while a profile takes the place of another, a plugin may have
    // two threads.
    const std::scoped_lock lock(mutex_);
    auto& input = inputs_[plugin];
    if (input == nullptr) {
      input = std::make_shared<InputPort>("plugin:" + plugin);
      changed_.store(true, std::memory_order_release);
    }
    (void)input->ring().put(clock_.monotonic(), bytes);
  }

  // Of a plugin that is gone nothing stays down.
  void keep_only(std::span<const std::string> plugins) {
    const std::scoped_lock lock(mutex_);
    const auto stays = [&](const auto& known) {
      return std::find(plugins.begin(), plugins.end(), known.first) != plugins.end();
    };
    for (const auto& known : inputs_) {
      if (stays(known)) continue;
      known.second->set_gone();
      changed_.store(true, std::memory_order_release);
    }
    std::erase_if(inputs_, [&](const auto& known) { return !stays(known); });
  }

  // Whether there are others than when this was asked last. Cheap.
  [[nodiscard]] bool take_changed() {
    return changed_.load(std::memory_order_acquire) &&
           changed_.exchange(false, std::memory_order_acq_rel);
  }

  // Those that sent something so far.
  void add_to(std::vector<std::shared_ptr<InputPort>>& inputs) {
    const std::scoped_lock lock(mutex_);
    for (const auto& [plugin, input] : inputs_)
      inputs.push_back(input);
  }

 private:
  const Clock& clock_;
  std::atomic<bool> changed_ = false;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<InputPort>> inputs_;
};

}  // namespace midimon::cli
