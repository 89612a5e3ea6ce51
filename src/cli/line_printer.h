// The LinePrinter class writes lines to stdout and stderr for a thread that must not wait for them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"

namespace midimon::cli {

// A terminal that is halted, or a pipe that nobody reads, holds up its thread alone. Thread-safe.
class LinePrinter {
 public:
  // Lines that wait; what comes beyond is left out, and counted.
  static constexpr std::size_t kMaxWaiting = 10'000;

  LinePrinter();
  // Waits until all is written.
  ~LinePrinter();
  LinePrinter(const LinePrinter&) = delete;
  LinePrinter& operator=(const LinePrinter&) = delete;

  // Without the end of the line.
  void print(std::string line) { put({std::move(line), false}); }
  // Waits for all that was given to it so far; false if it is not written in time.
  bool wait_until_written(Nanos patience);
  // As print_error() does.
  void print_error(std::string message) { put({std::move(message), true}); }

 private:
  struct Line {
    std::string text;
    bool is_error;
  };
  void put(Line line);
  void work();
  static void write(const Line& line);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable written_;
  bool writing_ = false;
  std::deque<Line> lines_;
  std::uint64_t left_out_ = 0;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace midimon::cli
