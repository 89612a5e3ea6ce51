// What the program says to a person: on stderr, in colour on a terminal, quiet in a pipe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/log.h"
#include "midimon/outcome.h"
#include "midimon/result.h"

namespace midimon::cli {

// Whether `fd` is a terminal that takes colours (NO_COLOR is not set, TERM is not "dumb").
[[nodiscard]] bool is_colour_terminal(int fd);

// A bar as long as `part` is of `most`, of at most 20 characters.
[[nodiscard]] std::string bar(std::uint64_t part, std::uint64_t most);

// "midimon: " and the message, to stderr.
void print_error(std::string_view message);

// The log line of a part of midimon or of a plugin, to stderr. For RuntimeOptions::log.
void print_log(int level, std::string_view source, std::string_view line);

// The same for what takes a LogSink.
class ConsoleLog final : public LogSink {
 public:
  void write(LogLevel level, std::string_view source, std::string_view text) override {
    print_log(static_cast<int>(level), source, text);
  }
};

// A line that is overwritten by the next one, on a terminal; nothing elsewhere.
class Progress {
 public:
  Progress();
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const std::string& line);
  // Before anything else is printed.
  void clear();

 private:
  bool on_;
  bool shown_ = false;
};

// The exit status that stands for `outcome`.
[[nodiscard]] int exit_status(Outcome outcome);

}  // namespace midimon::cli
