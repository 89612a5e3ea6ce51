#include "cli/line_printer.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "cli/console.h"

namespace midimon::cli {

LinePrinter::LinePrinter() : thread_([this] { work(); }) {}

LinePrinter::~LinePrinter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LinePrinter::put(Line line) {
  {
    const std::lock_guard lock(mutex_);
    if (lines_.size() >= kMaxWaiting) {
      ++left_out_;
      return;
    }
    lines_.push_back(std::move(line));
    if (lines_.size() > 1) return;  // it is awake
  }
  changed_.notify_one();
}

void LinePrinter::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !lines_.empty(); });
    if (lines_.empty()) return;
    const std::deque<Line> lines = std::exchange(lines_, {});
    const std::uint64_t left_out = std::exchange(left_out_, 0);
    writing_ = true;
    lock.unlock();
    for (const Line& line : lines)
      write(line);
    if (left_out > 0) {
      write({fmt::format("{} lines were left out: they came faster than they could be written",
                         left_out),
             true});
    }
    std::fflush(stdout);
    lock.lock();
    writing_ = false;
    written_.notify_all();
  }
}

bool LinePrinter::wait_until_written(Nanos patience) {
  std::unique_lock lock(mutex_);
  return written_.wait_for(lock, patience, [this] { return lines_.empty() && !writing_; });
}

void LinePrinter::write(const Line& line) {
  if (line.is_error) {
    std::fflush(stdout);
    cli::print_error(line.text);
  } else {
    std::fwrite(line.text.data(), 1, line.text.size(), stdout);
    std::fputc('\n', stdout);
  }
}

}  // namespace midimon::cli
