// Where midimon's own messages go. The sink is passed in; the library writes to nothing by itself.
#pragma once

#include <string_view>

namespace midimon {

enum class LogLevel { debug, info, warning, error };

// The name a person reads: "debug", "info", "warning", "error".
[[nodiscard]] std::string_view to_string(LogLevel level);

// The LogSink class takes lines of text. Implementations are thread-safe.
class LogSink {
 public:
  virtual ~LogSink() = default;
  // `source` says who speaks: a part of midimon, or "plugin <id>". `text` is one line, already free
  // of control characters.
  virtual void write(LogLevel level, std::string_view source, std::string_view text) = 0;
};

// Drops every line.
class NullLog final : public LogSink {
 public:
  void write(LogLevel, std::string_view, std::string_view) override {}
};

}  // namespace midimon
