// The Interrupt class turns Ctrl-C and a polite kill into a function call.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

namespace midimon::cli {

// One in a process, made before any other thread, so that no other thread gets the signals. While
// no OnInterrupt lives, SIGINT and SIGTERM end the process at once (status 130).
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

 private:
  friend class OnInterrupt;
  void watch();

  std::mutex mutex_;
  std::function<void()> call_;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

// Calls `function`, on a thread of its own, at the first signal, and every millisecond from then on
// until this goes: whoever is to stop may be told while it decides to go on. A second signal ends
// the process at once.
class OnInterrupt {
 public:
  OnInterrupt(Interrupt& interrupt, std::function<void()> function);
  ~OnInterrupt();
  OnInterrupt(const OnInterrupt&) = delete;
  OnInterrupt& operator=(const OnInterrupt&) = delete;

 private:
  Interrupt& interrupt_;
};

}  // namespace midimon::cli
