#include "daemon/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "daemon/device_of.h"
#include "daemon/virtual_stage.h"

namespace midimon {
namespace {

constexpr std::size_t kMaxDifferences = 100;

// Answers conditions as the recording has it, one answer after another; the last one stands.
class RecordedFacts final : public Facts {
 public:
  explicit RecordedFacts(const Recording& recording) {
    for (const RecordedEvent& event : recording.events) {
      if (const auto* time = std::get_if<RecordedTime>(&event.what)) times_.push_back(time->time);
      if (const auto* fact = std::get_if<RecordedFact>(&event.what)) {
        facts_[key(fact->condition)].push_back(fact->holds);
      }
    }
  }

  [[nodiscard]] LocalTime local_time() const override { return take(times_); }
  [[nodiscard]] bool holds(const OutsideCondition& condition) const override {
    const auto found = facts_.find(key(condition));
    return found != facts_.end() && take(found->second);
  }

 private:
  using Key = std::tuple<OutsideCondition::Kind, std::string, std::string>;
  static Key key(const OutsideCondition& condition) {
    return {condition.kind, condition.subject, condition.state};
  }
  template <typename Value>
  static Value take(std::deque<Value>& answers) {
    if (answers.empty()) return {};
    const Value answer = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return answer;
  }

  mutable std::deque<LocalTime> times_;
  mutable std::map<Key, std::deque<bool>> facts_;
};

class Player {
 public:
  Player(const Recording& recording, std::shared_ptr<const Profile> profile)
      : recording_(recording),
        profile_(std::move(profile)),
        facts_(recording),
        stage_(profile_, facts_,
               {[this](const PluginCall&) { return answer(); },
                [this](const SystemRequest&) { return answer(); },
                [this](const ActionContext& context, const std::string& what) {
                  asked_ = {context.description, what};
                },
                [this](const Gesture& gesture, std::span<const Mapping* const> mappings) {
                  std::vector<std::string> names;
                  for (const Mapping* mapping : mappings)
                    names.push_back(mapping->description);
                  add(RecordedGesture{describe(gesture), std::move(names)});
                },
                [this](std::size_t mode) { add(RecordedMode{profile_->modes[mode].name}); },
                [this](const ActionReport& report) {
                  add(RecordedAction{report.description, report.what, report.ran, report.outcome,
                                     report.message, report.took, report.superseded});
                }}) {
    for (const RecordedEvent& event : recording.events) {
      const auto* action = std::get_if<RecordedAction>(&event.what);
      // What was not run was not asked for, save what another took the place of.
      if (action == nullptr || (!action->ran && !action->superseded)) continue;
      answers_[{action->description, action->what}].push_back(*action);
    }
  }

  std::vector<RecordedEvent> play() {
    const auto& modes = profile_->modes;
    const auto mode = std::find_if(modes.begin(), modes.end(),
                                   [&](const Mode& one) { return one.name == recording_.mode; });
    if (mode != modes.end()) stage_.set_mode(static_cast<std::size_t>(mode - modes.begin()));
    for (const std::string& input : recording_.inputs)
      (void)source_of(input);
    if (!recording_.events.empty()) began_ = recording_.events.front().at;
    for (const RecordedEvent& event : recording_.events)
      take(event);
    stage_.run_until(Nanos::max());
    return std::move(events_);
  }

 private:
  void take(const RecordedEvent& event) {
    const auto* message = std::get_if<RecordedMessage>(&event.what);
    const auto* input = std::get_if<RecordedInput>(&event.what);
    if (message == nullptr && input == nullptr) return;
    // Times do not go back: a message has the time at which it came in, others that at which they
    // were noticed.
    stage_.run_until(std::max(event.at - began_, stage_.now()));
    if (input != nullptr) {
      const std::size_t source = source_of(input->input);
      if (!input->connected) stage_.disconnect_source(source);
      return;
    }
    const std::size_t source = source_of(message->input);
    if (message->message.kind() == MessageKind::sysex) {
      stage_.feed_sysex(message->sysex, source);
    } else {
      stage_.feed(message->message, source);
    }
  }

  std::size_t source_of(const std::string& input) {
    const auto known = sources_.find(input);
    if (known != sources_.end()) return known->second;
    const std::size_t source = std::min(sources_.size(), Recognizer::kMaxSources - 1);
    sources_.emplace(input, source);
    stage_.set_source(source, device_of(*profile_, input));
    return source;
  }

  VirtualAnswer answer() {
    const auto found = answers_.find(asked_);
    if (found == answers_.end() || found->second.empty()) return {};
    const RecordedAction action = std::move(found->second.front());
    found->second.pop_front();
    return {{action.outcome, action.message, {}, action.superseded}, action.took};
  }

  template <typename What>
  void add(What what) {
    events_.push_back({stage_.now() + began_, std::move(what)});
  }

  const Recording& recording_;
  std::shared_ptr<const Profile> profile_;
  RecordedFacts facts_;
  Nanos began_{};
  std::map<std::string, std::size_t, std::less<>> sources_;
  std::map<std::pair<std::string, std::string>, std::deque<RecordedAction>> answers_;
  std::pair<std::string, std::string> asked_;
  std::vector<RecordedEvent> events_;
  VirtualStage stage_;  // last: its hooks use everything above
};

// What is compared, one line each: gestures and modes as they followed each other, and of each
// action what became of it, time after time. That two that ran at once ended one before the other
// is chance.
std::map<std::string, std::vector<std::string>> threads_of(
    const std::vector<RecordedEvent>& events) {
  std::map<std::string, std::vector<std::string>> out;
  for (const RecordedEvent& event : events) {
    if (std::holds_alternative<RecordedGesture>(event.what)) {
      out["what was found"].push_back(describe(event));
    } else if (const auto* mode = std::get_if<RecordedMode>(&event.what)) {
      out["the mode"].push_back(mode->mode);
    } else if (const auto* action = std::get_if<RecordedAction>(&event.what)) {
      out[fmt::format("{} ({})", action->description, action->what)].push_back(
          fmt::format("{}{}{}",
                      action->superseded ? "superseded "
                      : action->ran      ? ""
                                         : "not run ",
                      to_string(action->outcome),
                      action->message.empty() ? "" : " " + escape_line(action->message)));
    }
  }
  return out;
}

std::vector<std::string> compare(const std::vector<RecordedEvent>& then,
                                 const std::vector<RecordedEvent>& now) {
  auto before = threads_of(then);
  auto after = threads_of(now);
  std::set<std::string> names;
  for (const auto& [name, lines] : before)
    names.insert(name);
  for (const auto& [name, lines] : after)
    names.insert(name);
  std::vector<std::string> out;
  for (const std::string& name : names) {
    const auto& old_lines = before[name];
    const auto& new_lines = after[name];
    const std::size_t most = std::max(old_lines.size(), new_lines.size());
    for (std::size_t i = 0; i < most; ++i) {
      const std::string old_line = i < old_lines.size() ? old_lines[i] : "nothing";
      const std::string new_line = i < new_lines.size() ? new_lines[i] : "nothing";
      if (old_line == new_line) continue;
      if (out.size() == kMaxDifferences) return out;
      out.push_back(fmt::format("{}, number {}: recorded {}, now {}", escape_line(name), i + 1,
                                old_line, new_line));
      break;  // what follows is about others
    }
  }
  return out;
}

struct Describe {
  std::string operator()(const RecordedMessage& m) const {
    return fmt::format("midi from {}", escape_line(m.input));
  }
  std::string operator()(const RecordedInput& i) const {
    return fmt::format("{} {}", escape_line(i.input), i.connected ? "is connected" : "is gone");
  }
  std::string operator()(const RecordedTime& t) const {
    return fmt::format("day {} {:02}:{:02}", t.time.weekday, t.time.minute / 60,
                       t.time.minute % 60);
  }
  std::string operator()(const RecordedFact& f) const {
    return fmt::format("{}: {}", describe(Condition{f.condition}), f.holds ? "yes" : "no");
  }
  std::string operator()(const RecordedGesture& g) const {
    std::string out = escape_line(g.gesture);
    for (const std::string& mapping : g.mappings)
      out += " -> " + escape_line(mapping);
    return out;
  }
  std::string operator()(const RecordedMode& m) const { return "mode " + escape_line(m.mode); }
  std::string operator()(const RecordedAction& a) const {
    return fmt::format("{} {}{}{}", a.ran ? to_string(a.outcome) : "NotRun", escape_line(a.what),
                       a.message.empty() ? "" : " ", escape_line(a.message));
  }
  std::string operator()(const RecordedReload& r) const {
    return r.error.empty() ? "the profile was read again"
                           : "the profile was not read again: " + escape_line(r.error);
  }
};

}  // namespace

std::string describe(const RecordedEvent& event) {
  return std::visit(Describe{}, event.what);
}

ReplayResult replay(const Recording& recording, std::shared_ptr<const Profile> profile) {
  ReplayResult result;
  result.events = Player(recording, std::move(profile)).play();
  result.differences = compare(recording.events, result.events);
  for (const RecordedEvent& event : recording.events) {
    const auto* reload = std::get_if<RecordedReload>(&event.what);
    if (reload == nullptr || !reload->error.empty()) continue;
    result.differences.insert(result.differences.begin(),
                              "the profile was read again in this recording, which a replay with "
                              "one profile cannot show");
    break;
  }
  return result;
}

}  // namespace midimon
