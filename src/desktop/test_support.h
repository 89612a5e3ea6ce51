// What the tests of the desktop have in common: requests that are waited for.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "actions/system_caller.h"
#include "base/log.h"

namespace midimon::testing {

// What became of a request that `ask` makes with the function that it is given.
template <typename Ask>
std::future<SystemReport> report_of(const Ask& ask) {
  auto promise = std::make_shared<std::promise<SystemReport>>();
  auto future = promise->get_future();
  ask([promise](SystemReport report) { promise->set_value(std::move(report)); });
  return future;
}

// Looks until it is so, for half a minute.
template <typename Condition>
bool eventually(const Condition& condition) {
  for (int i = 0; i < 3000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

class Lines final : public LogSink {
 public:
  void write(LogLevel level, std::string_view source, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::string(to_string(level)) + " " + std::string(source) + " " +
                     std::string(text));
  }
  [[nodiscard]] std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace midimon::testing
