// A JACK server of a test's own.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ports/jack_test_server.h"
#include "ports/rtmidi.h"

namespace midimon {

// Waits until `holds` does, ten seconds at most.
template <typename Holds>
bool eventually(Holds holds) {
  for (int i = 0; i < 1000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return holds();
}

// Something that is played: what it is sent, as others see it at NAME:in. Thread-safe.
class Synth {
 public:
  explicit Synth(const std::string& name) : port_(RtInput::create(PortApi::jack, name).value()) {
    EXPECT_TRUE(port_.open_virtual("in", [this](std::span<const std::uint8_t> message) {
      const std::scoped_lock lock(mutex_);
      got_.emplace_back(message.begin(), message.end());
    }));
  }
  [[nodiscard]] std::vector<std::vector<std::uint8_t>> got() const {
    const std::scoped_lock lock(mutex_);
    return got_;
  }
  // The same, and forgets it.
  [[nodiscard]] std::vector<std::vector<std::uint8_t>> take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(got_, {});
  }
  // Waits until it has so many messages.
  [[nodiscard]] bool gets(std::size_t count) const {
    return eventually([&] { return got().size() >= count; });
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::vector<std::uint8_t>> got_;
  RtInput port_;  // last: it calls what uses the others
};

class TestJack {
 public:
  ~TestJack() { stop(); }

  // A client that misses a period loses what was sent in it. They are long, so that one is in time
  // on a busy machine, too.
  void start(int frames = 1024) {
    ASSERT_TRUE(server_.start(frames)) << "jackd did not start";
    ASSERT_TRUE(eventually([] { return !usable_apis().empty(); })) << "jackd does not answer";
    runs_ = true;
  }
  void signal(int number) const { server_.signal(number); }
  void stop(int signal = SIGTERM) {
    server_.stop(signal);
    if (std::exchange(runs_, false)) {
      EXPECT_TRUE(eventually([] { return usable_apis().empty(); })) << "jackd did not end";
    }
  }

 private:
  JackServer server_;
  bool runs_ = false;
};

}  // namespace midimon
