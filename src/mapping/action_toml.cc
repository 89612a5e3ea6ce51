#include "mapping/action_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "mapping/condition_toml.h"
#include "mapping/names_toml.h"
#include "mapping/params_toml.h"

namespace midimon {
namespace {

constexpr std::int64_t kMaxDelayMs = 3'600'000;

constexpr std::array<std::string_view, 6> kTypes = {"Plugin",   "ModeChange", "Delay",
                                                    "Sequence", "Repeat",     "Conditional"};
// Known from earlier profiles. What they hold is not looked at.
constexpr std::array<std::string_view, 7> kUnavailable = {
    "Keystroke", "Text", "Launch", "Shell", "MouseClick", "VolumeControl", "SendMidi"};

class ActionReader {
 public:
  ActionReader(Profile& profile, Problems& problems) : profile_(profile), problems_(problems) {}

  std::optional<Action> read(const toml::table& source, int depth);

 private:
  std::optional<Action> of_type(std::string_view type, TomlTable& table, int depth);
  std::optional<Action> plugin(TomlTable& table);
  std::optional<Action> mode_change(TomlTable& table, int depth);
  static std::optional<Action> delay(TomlTable& table);
  std::optional<Action> sequence(TomlTable& table, int depth);
  std::optional<Action> repeat(TomlTable& table, int depth);
  std::optional<Action> conditional(TomlTable& table, int depth);
  // The action at `key`, in a vector, as actions hold those that they are made of.
  std::vector<Action> inner(TomlTable& table, std::string_view key, Need need, int depth);

  Profile& profile_;
  Problems& problems_;
};

std::optional<Action> ActionReader::read(const toml::table& source, int depth) {
  const std::string_view asked = type_of(source);
  if (const auto* found = std::find(kUnavailable.begin(), kUnavailable.end(), asked);
      found != kUnavailable.end()) {
    profile_.notes.push_back({pos_of(source), fmt::format("{} actions are not supported yet: this "
                                                          "one is passed over",
                                                          *found)});
    return Action{UnavailableAction{std::string(*found)}};
  }
  TomlTable table(source, "an action", problems_);
  const auto type = read_type(table, "action", kTypes);
  if (!type) return std::nullopt;
  auto action = of_type(*type, table, depth);
  table.refuse_other_keys();
  return action;
}

std::optional<Action> ActionReader::of_type(std::string_view type, TomlTable& table, int depth) {
  if (type == "Plugin") return plugin(table);
  if (type == "ModeChange") return mode_change(table, depth);
  if (type == "Delay") return delay(table);
  if (type == "Sequence") return sequence(table, depth + 1);
  if (type == "Repeat") return repeat(table, depth + 1);
  return conditional(table, depth + 1);
}

std::optional<Action> ActionReader::plugin(TomlTable& table) {
  auto id = table.string("plugin", Need::required);
  auto name = table.string("action", Need::required);
  auto params = read_params(table, profile_.curves);
  if (id) check_declared(table, "plugin", *id, profile_);
  if (!id || !name || !params) return std::nullopt;
  PluginAction action{std::move(*id), std::move(*name), "{}", table.pos()};
  if (params->has_placeholders()) {
    action.params = std::move(*params);
  } else {
    action.params_json = params->render({});
  }
  return Action{std::move(action)};
}

std::optional<Action> ActionReader::mode_change(TomlTable& table, int depth) {
  const auto index = read_mode(table, profile_);
  const bool while_held = table.boolean("while_held").value_or(false);
  if (while_held && depth > 0) {
    table.add_problem(table.pos("while_held"),
                      "\"while_held\" is for a mapping's whole action, not for a part of one");
  }
  if (!index) return std::nullopt;
  return Action{ModeChange{*index, profile_.modes[*index].name, while_held}};
}

std::optional<Action> ActionReader::delay(TomlTable& table) {
  const auto ms = table.integer("ms", 0, kMaxDelayMs, Need::required);
  if (!ms) return std::nullopt;
  return Action{Delay{std::chrono::milliseconds(*ms)}};
}

std::optional<Action> ActionReader::sequence(TomlTable& table, int depth) {
  const toml::array* source = table.array("actions", Need::required);
  if (source == nullptr) return std::nullopt;
  if (depth > kMaxSequenceDepth) {
    problems_.add(table.pos(), fmt::format("Sequences may stand {} deep in one another, not deeper",
                                           kMaxSequenceDepth));
    return std::nullopt;
  }
  Sequence sequence;
  bool complete = true;
  for (const toml::node& element : *source) {
    if (!element.is_table()) {
      table.refuse("actions", element, "an array of actions, each a table");
      complete = false;
      continue;
    }
    auto step = read(*element.as_table(), depth);
    complete = complete && step;
    if (step) sequence.actions.push_back(std::move(*step));
  }
  if (!complete) return std::nullopt;
  return Action{std::move(sequence)};
}

std::vector<Action> ActionReader::inner(TomlTable& table, std::string_view key, Need need,
                                        int depth) {
  std::vector<Action> out;
  const toml::table* source = table.table(key, need);
  if (source == nullptr) return out;
  if (depth > kMaxSequenceDepth) {
    problems_.add(table.pos(), fmt::format("actions may stand {} deep in one another, not deeper",
                                           kMaxSequenceDepth));
    return out;
  }
  if (auto action = read(*source, depth)) out.push_back(std::move(*action));
  return out;
}

std::optional<Action> ActionReader::repeat(TomlTable& table, int depth) {
  Repeat repeat;
  repeat.action = inner(table, "action", Need::required, depth);
  const auto count = table.integer("count", 1, kMaxSteps, Need::required);
  const auto ms = table.integer("delay_ms", 0, kMaxDelayMs, Need::optional);
  repeat.delay = std::chrono::milliseconds(ms.value_or(0));
  if (repeat.action.empty() || !count) return std::nullopt;
  repeat.count = static_cast<int>(*count);
  Action action{std::move(repeat)};
  if (count_steps(action) > kMaxSteps) {
    table.add_problem(table.pos("count"),
                      fmt::format("this comes to more than {} steps; repeat it less", kMaxSteps));
  }
  return action;
}

std::optional<Action> ActionReader::conditional(TomlTable& table, int depth) {
  const toml::table* source = table.table("condition", Need::required);
  auto condition = source == nullptr ? std::nullopt : read_condition(*source, profile_, problems_);
  auto then = inner(table, "then_action", Need::required, depth);
  auto otherwise = inner(table, "else_action", Need::optional, depth);
  if (!condition || then.empty()) return std::nullopt;
  return Action{Conditional{std::move(*condition), std::move(then), std::move(otherwise)}};
}

}  // namespace

std::optional<Action> read_action(const toml::table& table, Profile& profile, Problems& problems) {
  return ActionReader(profile, problems).read(table, 0);
}

}  // namespace midimon
