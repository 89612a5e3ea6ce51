#include "daemon/simulator.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "daemon/virtual_stage.h"
#include "toml/problems.h"

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
  [[nodiscard]] bool holds(const OutsideCondition& condition) const override {
    switch (condition.kind) {
      case OutsideCondition::Kind::app_running:
        return running_.contains(to_lower(condition.subject));
      case OutsideCondition::Kind::app_frontmost:
        return !front_.empty() && front_ == to_lower(condition.subject);
      case OutsideCondition::Kind::plugin_state: {
        const auto found = states_.find(condition.subject);
        return found != states_.end() && found->second == condition.state;
      }
    }
    return false;
  }

  void take(const ScriptStep& step) {
    const std::string name = to_lower(step.fact.subject);
    switch (step.fact.kind) {
      case OutsideCondition::Kind::app_running:
        if (step.holds) running_.insert(name);
        if (!step.holds) running_.erase(name);
        return;
      case OutsideCondition::Kind::app_frontmost:
        front_ = name;
        return;
      case OutsideCondition::Kind::plugin_state:
        states_[step.fact.subject] = step.fact.state;
        return;
    }
  }

 private:
  LocalTime start_;
  Nanos now_{};
  std::set<std::string> running_;
  std::string front_;
  std::map<std::string, std::string> states_;
};

// All goes well here, and the message is what was asked for: params, and requests in words.
VirtualAnswer fine(std::string message) {
  return {{Outcome::ok, std::move(message), {}}, {}};
}

class Simulator {
 public:
  Simulator(std::shared_ptr<const Profile> profile, const LocalTime& start,
            const std::function<void(const StoryLine&)>& tell)
      : tell_(tell),
        profile_(std::move(profile)),
        facts_(start),
        stage_(profile_, facts_,
               {[](const PluginCall& call) { return fine(call.params_json); },
                [](const SystemRequest& request) { return fine(describe(request)); },
                {},
                [this](const Gesture& gesture, std::span<const Mapping* const> mappings) {
                  found(gesture, mappings);
                },
                [this](std::size_t mode) {
                  line(Kind::mode, escape_line(profile_->modes[mode].name));
                },
                [this](const ActionReport& report) { reported(report); }}) {
    stage_.on_time([this](Nanos now) { facts_.set(now); });
    for (std::size_t device = 0; device < profile_->devices.size(); ++device)
      stage_.set_source(device + 1, device);
  }

  // Nothing if it could be done; what is wrong with it, if not.
  std::optional<std::string> take(const ScriptStep& step) {
    const auto source = source_of(step.from);
    if (!source) return fmt::format("there is no device {}", in_quotes(step.from));
    stage_.run_until(step.at);
    if (step.kind == ScriptStep::Kind::wait) return std::nullopt;
    if (!is_tick(step)) line(Kind::input, step.text);
    if (step.kind == ScriptStep::Kind::fact) facts_.take(step);
    if (step.kind == ScriptStep::Kind::disconnect) {
      if (step.from.empty()) stage_.disconnect();
      if (!step.from.empty()) stage_.disconnect_source(*source);
    }
    for (const Message& message : step.event.messages)
      stage_.feed(message, *source);
    if (step.event.sysex) stage_.feed_sysex(*step.event.sysex, *source);
    return std::nullopt;
  }
  void finish() { stage_.run_until(Nanos::max()); }

 private:
  using Kind = StoryLine::Kind;

  [[nodiscard]] std::optional<std::size_t> source_of(const std::string& alias) const {
    if (alias.empty()) return 0;
    const auto& devices = profile_->devices;
    const auto found = std::find_if(devices.begin(), devices.end(), [&](const DeviceAlias& device) {
      return device.alias == alias;
    });
    if (found == devices.end()) return std::nullopt;
    return static_cast<std::size_t>(found - devices.begin()) + 1;
  }

  void line(Kind kind, std::string text) { tell_({stage_.now(), kind, std::move(text), 0, {}}); }

  void found(const Gesture& gesture, std::span<const Mapping* const> mappings) {
    const auto* press = std::get_if<NotePressed>(&gesture.what);
    if (press != nullptr && press->stage == Stage::begun && mappings.empty()) return;
    line(Kind::gesture, describe(gesture));
    for (const Mapping* mapping : mappings) {
      tell_(
          {stage_.now(), Kind::mapping, escape_line(mapping->description), mapping->pos.line, {}});
    }
  }

  void reported(const ActionReport& report) {
    std::string what = escape_line(report.what);
    const bool ok = report.ran && report.outcome == Outcome::ok;
    if (ok && report.kind == ActionKind::plugin) what += " " + report.message;
    if (ok && report.kind == ActionKind::system) what = escape_line(report.message);
    tell_({stage_.now(), Kind::action, std::move(what), 0,
           report.ran ? to_string(report.outcome) : "NotRun"});
  }

  const std::function<void(const StoryLine&)>& tell_;
  std::shared_ptr<const Profile> profile_;
  ScriptFacts facts_;
  VirtualStage stage_;  // last: its hooks use everything above
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

Result<void> tell(std::shared_ptr<const Profile> profile, const Script& script,
                  const std::function<void(const StoryLine&)>& tell) {
  Simulator simulator(std::move(profile), script.start, tell);
  for (const ScriptStep& step : script.steps) {
    if (const auto wrong = simulator.take(step)) {
      return fail(ErrorCode::not_found, fmt::format("{}: {}", step.text, *wrong));
    }
  }
  simulator.finish();
  return {};
}

Result<void> simulate(std::shared_ptr<const Profile> profile, const Script& script,
                      const std::function<void(std::string_view)>& print) {
  return tell(std::move(profile), script,
              [&print](const StoryLine& line) { print(to_text(line)); });
}

}  // namespace midimon
