#include "daemon/simulator.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"
#include "daemon/performer.h"

namespace midimon {
namespace {

constexpr int kMinutesPerDay = 24 * 60;

// There are too many to show each.
bool is_tick(const ScriptStep& step) {
  return !step.event.messages.empty() && step.event.messages.front().kind() == MessageKind::clock;
}

// The script's clock, as conditions see it.
class ScriptFacts final : public Facts {
 public:
  explicit ScriptFacts(const LocalTime& start) : start_(start) {}
  void set(Nanos now) { now_ = now; }

  [[nodiscard]] LocalTime local_time() const override {
    const auto minutes = std::chrono::floor<std::chrono::minutes>(now_).count() + start_.minute;
    const auto days = minutes / kMinutesPerDay;
    return {static_cast<int>((start_.weekday - 1 + days) % 7) + 1,
            static_cast<int>(minutes % kMinutesPerDay)};
  }
  [[nodiscard]] bool holds(const OutsideCondition& /*condition*/) const override { return false; }

 private:
  LocalTime start_;
  Nanos now_{};
};

class Simulator final : private PluginCaller, private SystemCaller {
 public:
  Simulator(std::shared_ptr<const Profile> profile, const LocalTime& start,
            const std::function<void(const StoryLine&)>& tell)
      : tell_(tell),
        facts_(start),
        performer_(
            std::move(profile), {*this, *this}, facts_,
            {[](Nanos at) {
               return std::pair(at, std::chrono::floor<std::chrono::milliseconds>(at).count());
             },
             [this](const Gesture& gesture, std::span<const Mapping* const> mappings) {
               found(gesture, mappings);
             },
             [this](std::size_t mode) {
               line(Kind::mode, escape_line(performer_.mapper().profile()->modes[mode].name));
             },
             [this](const ActionReport& report) { reported(report); },
             {}}) {}

  void take(const ScriptStep& step) {
    run_until(step.at);
    if (step.kind == ScriptStep::Kind::wait) return;
    if (!is_tick(step)) line(Kind::input, step.text);
    if (step.kind == ScriptStep::Kind::disconnect) performer_.disconnect(now_, now_);
    for (const Message& message : step.event.messages)
      performer_.feed(message, now_, now_);
    if (step.event.sysex) performer_.feed_sysex(*step.event.sysex, now_, now_);
    performer_.advance_actions(now_);
  }

  // Goes from one thing that is waited for to the next. Where two come at once, gestures are first.
  void run_until(Nanos end) {
    while (true) {
      const Nanos gesture = performer_.next_deadline().value_or(Nanos::max());
      const Nanos action = performer_.next_action_due().value_or(Nanos::max());
      const Nanos next = std::min(gesture, action);
      if (next == Nanos::max() || next > end) break;
      set_time(next);
      if (gesture <= action) performer_.advance(next, next);
      performer_.advance_actions(next);
    }
    if (end != Nanos::max()) set_time(end);
  }

 private:
  using Kind = StoryLine::Kind;

  void set_time(Nanos now) {
    now_ = now;
    facts_.set(now);
  }

  void line(Kind kind, std::string text) { tell_({now_, kind, std::move(text), 0, {}}); }

  void found(const Gesture& gesture, std::span<const Mapping* const> mappings) {
    const auto* press = std::get_if<NotePressed>(&gesture.what);
    if (press != nullptr && press->stage == Stage::begun && mappings.empty()) return;
    line(Kind::gesture, describe(gesture));
    for (const Mapping* mapping : mappings)
      tell_({now_, Kind::mapping, escape_line(mapping->description), mapping->pos.line, {}});
  }

  void reported(const ActionReport& report) {
    std::string what = escape_line(report.what);
    const bool ok = report.ran && report.outcome == Outcome::ok;
    if (ok && report.kind == ActionKind::plugin) what += " " + report.message;
    if (ok && report.kind == ActionKind::system) what = escape_line(report.message);
    tell_({now_, Kind::action, std::move(what), 0,
           report.ran ? to_string(report.outcome) : "NotRun"});
  }

  // All goes well here, and the message is what was asked for: params, and requests in words.
  void call(PluginCall call, std::function<void(PluginReport)> done) override {
    done({Outcome::ok, std::move(call.params_json), {}});
  }
  void call(SystemRequest request, std::stop_token /*stop*/,
            std::function<void(SystemReport)> done) override {
    done({Outcome::ok, describe(request)});
  }

  const std::function<void(const StoryLine&)>& tell_;
  ScriptFacts facts_;
  Nanos now_{};
  Performer performer_;  // last: its hooks use everything above
};

std::string to_text(const StoryLine& line) {
  static constexpr std::string_view kMarks[] = {"> ", "  ", "    mode ", "    ", "      "};
  const auto us = std::chrono::floor<std::chrono::microseconds>(line.at).count();
  std::string time = fmt::format("{}ms", us / 1000);
  if (us % 1000 != 0) time = fmt::format("{}.{:03}ms", us / 1000, us % 1000);
  std::string before(kMarks[static_cast<std::size_t>(line.kind)]);
  if (line.kind == StoryLine::Kind::mapping) before += fmt::format("line {}: ", line.line);
  if (line.kind == StoryLine::Kind::action) before += fmt::format("{} ", line.outcome);
  return fmt::format("{:>10}  {}{}", time, before, line.text);
}

}  // namespace

std::string_view to_string(StoryLine::Kind kind) {
  static constexpr std::string_view kWords[] = {"input", "gesture", "mode", "mapping", "action"};
  return kWords[static_cast<std::size_t>(kind)];
}

void tell(std::shared_ptr<const Profile> profile, const Script& script,
          const std::function<void(const StoryLine&)>& tell) {
  Simulator simulator(std::move(profile), script.start, tell);
  for (const ScriptStep& step : script.steps)
    simulator.take(step);
  simulator.run_until(Nanos::max());
}

void simulate(std::shared_ptr<const Profile> profile, const Script& script,
              const std::function<void(std::string_view)>& print) {
  tell(std::move(profile), script, [&print](const StoryLine& line) { print(to_text(line)); });
}

}  // namespace midimon
