// The Inbox class is where reports from other threads wait for the one that takes them.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace midimon {

// Thread-safe.
template <typename Item>
class Inbox {
 public:
  // `wake` is called on the thread that puts, with a lock held; not any more after close().
  explicit Inbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void put(Item item) {
    const std::scoped_lock lock(mutex_);
    if (closed_) return;
    items_.push_back(std::move(item));
    // One call is enough until they are taken. Under the lock, so that none is made after close().
    if (items_.size() == 1 && wake_) wake_();
  }

  std::vector<Item> take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(items_, {});
  }

  // Forgets what is there and drops what comes.
  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    items_.clear();
  }

 private:
  std::mutex mutex_;
  std::vector<Item> items_;
  std::function<void()> wake_;
  bool closed_ = false;
};

}  // namespace midimon
