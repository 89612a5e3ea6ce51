#include "daemon/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "base/units.h"

namespace midimon {
namespace {

constexpr std::size_t kMaxSteps = 1'000'000;
constexpr Nanos kLongest = std::chrono::hours(24 * 7);

std::string_view trim(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t\r") + 1);
}

// Takes the first word off the text.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text = trim(text.substr(word.size()));
  return word;
}

std::optional<int> parse_count(std::string_view text, int max) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value >= 1 && value <= max ? std::optional(value) : std::nullopt;
}

class ScriptReader {
 public:
  // Nothing if the line is all right; what is wrong with it, if not.
  std::optional<std::string> line(std::string_view text) {
    text = trim(text.substr(0, text.find('#')));
    if (text.empty()) return std::nullopt;
    const std::string_view first = take_word(text);
    if (first == "now") return now(text);
    if (auto wrong = time(first)) return wrong;
    return step(text);
  }
  Script take() { return std::move(script_); }

 private:
  std::optional<std::string> now(std::string_view text) {
    if (!script_.steps.empty()) return "\"now\" stands before all events";
    const auto start = parse_local_time(text);
    if (!start) return start.error().message;
    script_.start = *start;
    return std::nullopt;
  }

  // Goes to the time that a line begins with.
  std::optional<std::string> time(std::string_view text) {
    const bool relative = text.starts_with('+');
    const auto parsed = parse_duration(text.substr(relative ? 1 : 0));
    if (!parsed) {
      return fmt::format("a line begins with a time such as 250ms, +20ms or 2s: {}",
                         parsed.error().message);
    }
    if (*parsed > kLongest) return "a script is a week long at most";
    const Nanos at = relative ? at_ + *parsed : *parsed;
    if (at < at_)
      return fmt::format("times do not go back: {} is before {}", format_duration(at),
                         format_duration(at_));
    if (at > kLongest) return "a script is a week long at most";
    at_ = at;
    return std::nullopt;
  }

  std::optional<std::string> step(std::string_view text) {
    ScriptStep step;
    step.at = at_;
    step.text = escape_line(text);
    std::string_view rest = text;
    std::string_view first = take_word(rest);
    if (first == "from") {
      step.from = take_word(rest);
      text = rest;
      first = take_word(rest);
    }
    if (text == "wait" || text == "disconnect") {
      step.kind = text == "wait" ? ScriptStep::Kind::wait : ScriptStep::Kind::disconnect;
      return add(std::move(step));
    }
    if (first == "clock" && !rest.empty()) return ticks(rest);
    if (first.starts_with("app-") || first == "plugin-state") return fact(first, rest, step);
    auto event = parse_event(text);
    if (!event) return event.error().message;
    step.event = std::move(*event);
    return add(std::move(step));
  }

  // What is so from now on in the world outside.
  std::optional<std::string> fact(std::string_view word, std::string_view rest, ScriptStep& step) {
    using Kind = OutsideCondition::Kind;
    step.kind = ScriptStep::Kind::fact;
    step.holds = word != "app-ends";
    if (word == "plugin-state") {
      step.fact.kind = Kind::plugin_state;
      step.fact.subject = take_word(rest);
      step.fact.state = rest;
      if (step.fact.subject.empty()) return "this is written as plugin-state PLUGIN [STATE]";
      return add(std::move(step));
    }
    step.fact.subject = rest;
    if (word == "app-front") {
      step.fact.kind = Kind::app_frontmost;
      return add(std::move(step));
    }
    step.fact.kind = Kind::app_running;
    if ((word != "app-starts" && word != "app-ends") || rest.empty()) {
      return "this is written as app-starts NAME, app-ends NAME or app-front [NAME]";
    }
    return add(std::move(step));
  }

  // "COUNT BPM": the first tick comes now, and the time after is that of the tick after the last.
  std::optional<std::string> ticks(std::string_view rest) {
    const auto count = parse_count(take_word(rest), 100'000);
    const auto tempo = parse_count(take_word(rest), 1000);
    if (!count || !tempo || !rest.empty()) {
      return "this is written as clock, or clock TICKS TEMPO, such as clock 96 120";
    }
    const Nanos start = at_;
    for (int i = 0; i < *count; ++i) {
      const Nanos at = start + i * Nanos(std::chrono::minutes(1)) / (24 * *tempo);
      ScriptStep tick;
      tick.at = at;
      tick.event.messages = {Message{0xF8, 0, 0}};
      tick.text = "clock";
      if (auto wrong = add(std::move(tick))) return wrong;
    }
    at_ = start + *count * Nanos(std::chrono::minutes(1)) / (24 * *tempo);
    return std::nullopt;
  }

  std::optional<std::string> add(ScriptStep step) {
    if (script_.steps.size() == kMaxSteps) {
      return fmt::format("a script has {} events at most", kMaxSteps);
    }
    script_.steps.push_back(std::move(step));
    return std::nullopt;
  }

  Script script_;
  Nanos at_{};
};

}  // namespace

Result<Script> parse_script(std::string_view text, std::string_view file) {
  if (text.size() > kMaxScriptBytes) {
    return fail(ErrorCode::limit, fmt::format("{}: a script of more than {} is not read", file,
                                              format_bytes(kMaxScriptBytes)));
  }
  ScriptReader reader;
  std::string problems;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const auto wrong = reader.line(text.substr(0, end))) {
      problems += fmt::format("{}{}:{}: {}", problems.empty() ? "" : "\n", file, number, *wrong);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!problems.empty()) return fail(ErrorCode::invalid, std::move(problems));
  return reader.take();
}

}  // namespace midimon
