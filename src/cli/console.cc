#include "cli/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

#include "cli/commands.h"

namespace midimon::cli {
namespace {

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::size_t kBarWidth = 20;

std::string_view colour_of(int level) {
  switch (level) {
    case 0:
      return "\x1b[2m";
    case 2:
      return "\x1b[33m";
    case 3:
      return "\x1b[31m";
    default:
      return "";
  }
}

}  // namespace

std::string bar(std::uint64_t part, std::uint64_t most) {
  if (most == 0) return {};
  const auto length =
      static_cast<std::size_t>(static_cast<double>(part) / static_cast<double>(most) * kBarWidth);
  std::string text;
  for (std::size_t i = 0; i < std::min(length, kBarWidth); ++i)
    text += "█";
  return text.empty() && part > 0 ? "▏" : text;
}

bool is_colour_terminal(int fd) {
  const char* term = std::getenv("TERM");
  return ::isatty(fd) == 1 && std::getenv("NO_COLOR") == nullptr &&
         (term == nullptr || std::string_view(term) != "dumb");
}

void print_error(std::string_view message) {
  const std::string line = fmt::format("midimon: {}\n", message);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void print_log(int level, std::string_view source, std::string_view text) {
  const bool colour = is_colour_terminal(STDERR_FILENO);
  const std::string line = fmt::format("{}[{}] {}{}\n", colour ? colour_of(level) : "", source,
                                       text, colour ? kReset : "");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

Progress::Progress() : on_(::isatty(STDERR_FILENO) == 1) {}

void Progress::show(const std::string& line) {
  if (!on_) return;
  std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
  std::fflush(stderr);
  shown_ = true;
}

void Progress::clear() {
  if (!shown_) return;
  std::fputs("\r\x1b[K", stderr);
  shown_ = false;
}

int exit_status(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
      return kOk;
    case Outcome::plugin_error:
    case Outcome::denied:
    case Outcome::failed:
      return kFailed;
    case Outcome::out_of_fuel:
      return kOutOfFuel;
    case Outcome::deadline_exceeded:
      return kTimedOut;
    case Outcome::out_of_memory:
    case Outcome::trapped:
      return kTrapped;
    case Outcome::cancelled:
      return kInterrupted;
  }
  return kFailed;
}

}  // namespace midimon::cli
