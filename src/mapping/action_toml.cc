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
#include "mapping/profile_keys.h"
#include "mapping/system_action_toml.h"

namespace midimon {
namespace {

constexpr std::int64_t kMaxDelayMs = 3'600'000;
constexpr std::chrono::milliseconds kShortestRepeat(10);

constexpr std::array<std::string_view, 10> kOwnTypes = {
    "Plugin",      "ModeChange", "Delay", "Sequence", "Repeat",
    "Conditional", "Parallel",   "Cycle", "Toggle",   "Panic"};

constexpr auto kTypes = [] {
  std::array<std::string_view, kOwnTypes.size() + kSystemTypes.size()> all{};
  std::copy(kOwnTypes.begin(), kOwnTypes.end(), all.begin());
  std::copy(kSystemTypes.begin(), kSystemTypes.end(), all.begin() + kOwnTypes.size());
  return all;
}();

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
  static std::optional<Action> repeat_while_held(TomlTable& table, Repeat repeat, bool is_counted);
  std::optional<Action> conditional(TomlTable& table, int depth);
  std::optional<Action> parallel(TomlTable& table, int depth);
  std::optional<Action> cycle(TomlTable& table, int depth);
  std::optional<Action> toggle(TomlTable& table, int depth);
  // The actions at "actions".
  std::optional<std::vector<Action>> several(TomlTable& table, int depth);
  // The action at `key`, in a vector, as actions hold those that they are made of.
  std::vector<Action> inner(TomlTable& table, std::string_view key, Need need, int depth);

  Profile& profile_;
  Problems& problems_;
};

std::optional<Action> ActionReader::read(const toml::table& source, int depth) {
  TomlTable table(source, "an action", problems_);
  const auto type = read_type(table, "action", kTypes);
  if (!type) return std::nullopt;
  auto action = of_type(*type, table, depth);
  table.refuse_other_keys(names_of(action_tables(), *type));
  return action;
}

std::optional<Action> ActionReader::of_type(std::string_view type, TomlTable& table, int depth) {
  if (type == "Plugin") return plugin(table);
  if (type == "ModeChange") return mode_change(table, depth);
  if (type == "Delay") return delay(table);
  if (type == "Sequence") return sequence(table, depth + 1);
  if (type == "Repeat") return repeat(table, depth + 1);
  if (type == "Conditional") return conditional(table, depth + 1);
  if (type == "Parallel") return parallel(table, depth + 1);
  if (type == "Cycle") return cycle(table, depth + 1);
  if (type == "Toggle") return toggle(table, depth + 1);
  if (type == "Panic") return Action{Panic{}};
  return read_system_action(type, table, profile_);
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

std::optional<std::vector<Action>> ActionReader::several(TomlTable& table, int depth) {
  const toml::array* source = table.array("actions", Need::required);
  if (source == nullptr) return std::nullopt;
  if (depth > kMaxSequenceDepth) {
    problems_.add(table.pos(), fmt::format("actions may stand {} deep in one another, not deeper",
                                           kMaxSequenceDepth));
    return std::nullopt;
  }
  std::vector<Action> actions;
  bool complete = true;
  for (const toml::node& element : *source) {
    if (!element.is_table()) {
      table.refuse("actions", element, "an array of actions, each a table");
      complete = false;
      continue;
    }
    auto step = read(*element.as_table(), depth);
    complete = complete && step;
    if (step) actions.push_back(std::move(*step));
  }
  if (!complete) return std::nullopt;
  return actions;
}

std::optional<Action> ActionReader::sequence(TomlTable& table, int depth) {
  auto actions = several(table, depth);
  if (!actions) return std::nullopt;
  return Action{Sequence{std::move(*actions)}};
}

std::optional<Action> ActionReader::parallel(TomlTable& table, int depth) {
  auto actions = several(table, depth);
  if (!actions) return std::nullopt;
  Action action{Parallel{std::move(*actions)}};
  if (count_steps(action) > kMaxSteps) {
    table.add_problem(table.pos(), fmt::format("this comes to more than {} steps", kMaxSteps));
  }
  return action;
}

std::optional<Action> ActionReader::cycle(TomlTable& table, int depth) {
  auto actions = several(table, depth);
  if (!actions) return std::nullopt;
  if (actions->size() < 2) {
    table.add_problem(table.pos("actions"), "a Cycle goes through two actions or more");
    return std::nullopt;
  }
  return Action{Cycle{std::move(*actions), profile_.cycles++}};
}

// A Cycle of two.
std::optional<Action> ActionReader::toggle(TomlTable& table, int depth) {
  auto on = inner(table, "on", Need::required, depth);
  auto off = inner(table, "off", Need::required, depth);
  if (on.empty() || off.empty()) return std::nullopt;
  on.push_back(std::move(off.front()));
  return Action{Cycle{std::move(on), profile_.cycles++}};
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
  repeat.while_held = table.boolean("while_held").value_or(false);
  const Need counted = repeat.while_held ? Need::optional : Need::required;
  const auto count = table.integer("count", 1, kMaxSteps, counted);
  const auto ms = table.integer("delay_ms", 0, kMaxDelayMs, Need::optional);
  repeat.delay = std::chrono::milliseconds(ms.value_or(0));
  if (repeat.while_held) return repeat_while_held(table, std::move(repeat), count.has_value());
  if (repeat.action.empty() || !count) return std::nullopt;
  repeat.count = static_cast<int>(*count);
  Action action{std::move(repeat)};
  if (count_steps(action) > kMaxSteps) {
    table.add_problem(table.pos("count"),
                      fmt::format("this comes to more than {} steps; repeat it less", kMaxSteps));
  }
  return action;
}

// Without a pause it would run as fast as it can, for as long as somebody rests a hand on a pad.
std::optional<Action> ActionReader::repeat_while_held(TomlTable& table, Repeat repeat,
                                                      bool is_counted) {
  if (is_counted) {
    table.add_problem(table.pos("count"), "give \"count\" or \"while_held\", not both");
  }
  if (repeat.delay < kShortestRepeat) {
    table.add_problem(table.pos(), fmt::format("\"while_held\" needs a \"delay_ms\" of {} or more",
                                               kShortestRepeat.count()));
  }
  if (repeat.action.empty()) return std::nullopt;
  return Action{std::move(repeat)};
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
