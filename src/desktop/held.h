// The Held class counts what is down: keys, notes. What goes up then may wait even where nothing
// else may, and the more that is down the more of it.
#pragma once

#include <algorithm>
#include <map>

namespace midimon {

// Not thread-safe.
template <typename Key>
class Held {
 public:
  // One key counts so often at most: there is an end to it whatever goes down without going up.
  static constexpr int kMost = 16;

  void down(const Key& key) {
    int& count = counts_[key];
    count = std::min(count + 1, kMost);
  }
  [[nodiscard]] bool is_down(const Key& key) const { return counts_.contains(key); }
  [[nodiscard]] bool any() const { return !counts_.empty(); }
  // Nothing if it is not down.
  void up(const Key& key) {
    const auto found = counts_.find(key);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }
  void all_up() { counts_.clear(); }

 private:
  std::map<Key, int> counts_;
};

}  // namespace midimon
