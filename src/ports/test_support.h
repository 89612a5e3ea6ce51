// A JACK server of a test's own.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <utility>

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
