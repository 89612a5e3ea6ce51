#include "mapping/condition_toml.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "mapping/names_toml.h"
#include "mapping/profile_keys.h"

namespace midimon {
namespace {

constexpr std::array<std::string_view, 11> kTypes = {
    "Always",       "Never",       "TimeRange", "DayOfWeek", "ModeIs", "AppRunning",
    "AppFrontmost", "PluginState", "And",       "Or",        "Not"};

class ConditionReader {
 public:
  ConditionReader(Profile& profile, Problems& problems) : profile_(profile), problems_(problems) {}

  std::optional<Condition> read(const toml::table& source, int depth);

 private:
  std::optional<Condition> of_type(std::string_view type, TomlTable& table, int depth);
  std::optional<Condition> time_range(TomlTable& table);
  std::optional<Condition> day_of_week(TomlTable& table);
  std::optional<Condition> mode_is(TomlTable& table);
  std::optional<Condition> outside(TomlTable& table, OutsideCondition::Kind kind);
  std::optional<std::vector<Condition>> several(TomlTable& table, int depth);
  std::optional<Condition> negated(TomlTable& table, int depth);

  Profile& profile_;
  Problems& problems_;
};

std::optional<Condition> ConditionReader::read(const toml::table& source, int depth) {
  TomlTable table(source, "a condition", problems_);
  if (depth > kMaxConditionDepth) {
    problems_.add(
        table.pos(),
        fmt::format("conditions may stand {} deep in one another, not deeper", kMaxConditionDepth));
    return std::nullopt;
  }
  const auto type = read_type(table, "condition", kTypes);
  if (!type) return std::nullopt;
  auto condition = of_type(*type, table, depth);
  table.refuse_other_keys(names_of(condition_tables(), *type));
  return condition;
}

std::optional<Condition> ConditionReader::of_type(std::string_view type, TomlTable& table,
                                                  int depth) {
  if (type == "Always") return Condition{AlwaysCondition{}};
  if (type == "Never") return Condition{NeverCondition{}};
  if (type == "TimeRange") return time_range(table);
  if (type == "DayOfWeek") return day_of_week(table);
  if (type == "ModeIs") return mode_is(table);
  if (type == "AppRunning") return outside(table, OutsideCondition::Kind::app_running);
  if (type == "AppFrontmost") return outside(table, OutsideCondition::Kind::app_frontmost);
  if (type == "PluginState") return outside(table, OutsideCondition::Kind::plugin_state);
  if (type == "Not") return negated(table, depth);
  auto conditions = several(table, depth);
  if (!conditions) return std::nullopt;
  if (type == "And") return Condition{AndCondition{std::move(*conditions)}};
  return Condition{OrCondition{std::move(*conditions)}};
}

std::optional<Condition> ConditionReader::time_range(TomlTable& table) {
  static constexpr std::string_view kExpected = "a time of day such as \"09:30\"";
  const auto clock = [&table](std::string_view key) -> std::optional<int> {
    const toml::node* node = table.find(key, Need::required, kExpected);
    if (node == nullptr) return std::nullopt;
    const auto* text = node->as_string();
    const auto minutes = text == nullptr ? std::nullopt : parse_time_of_day(text->get());
    if (!minutes) table.refuse(key, *node, kExpected);
    return minutes;
  };
  const auto start = clock("start");
  const auto end = clock("end");
  if (!start || !end) return std::nullopt;
  return Condition{TimeRangeCondition{*start, *end}};
}

std::optional<Condition> ConditionReader::day_of_week(TomlTable& table) {
  static constexpr std::string_view kExpected =
      "an array of days, each 1 (Monday) to 7 or a name such as \"Mon\"";
  const toml::array* days = table.array("days", Need::required);
  if (days == nullptr) return std::nullopt;
  DayOfWeekCondition condition;
  for (const toml::node& node : *days) {
    std::optional<int> day;
    if (const auto* number = node.as_integer()) {
      if (number->get() >= 1 && number->get() <= 7) day = static_cast<int>(number->get());
    } else if (const auto* name = node.as_string()) {
      day = parse_weekday(name->get());
    }
    if (!day) {
      table.refuse("days", node, kExpected);
      return std::nullopt;
    }
    condition.days = static_cast<std::uint8_t>(condition.days | 1U << static_cast<unsigned>(*day));
  }
  return Condition{condition};
}

std::optional<Condition> ConditionReader::mode_is(TomlTable& table) {
  const auto mode = read_mode(table, profile_);
  if (!mode) return std::nullopt;
  return Condition{ModeIsCondition{*mode, profile_.modes[*mode].name}};
}

// What these hold is for whoever implements Facts to say.
std::optional<Condition> ConditionReader::outside(TomlTable& table, OutsideCondition::Kind kind) {
  OutsideCondition condition{kind, "", ""};
  bool complete = true;
  const auto text = [&](std::string_view key, std::string& out) {
    const auto value = table.string(key, Need::required);
    complete = complete && value;
    out = value.value_or("");
  };
  if (kind == OutsideCondition::Kind::plugin_state) {
    text("plugin", condition.subject);
    text("state", condition.state);
    if (!condition.subject.empty()) check_declared(table, "plugin", condition.subject, profile_);
  } else {
    text("app_name", condition.subject);
  }
  if (!complete) return std::nullopt;
  return Condition{std::move(condition)};
}

std::optional<std::vector<Condition>> ConditionReader::several(TomlTable& table, int depth) {
  const toml::array* source = table.array("conditions", Need::required);
  if (source == nullptr) return std::nullopt;
  std::vector<Condition> out;
  bool complete = true;
  for (const toml::node& node : *source) {
    if (!node.is_table()) {
      table.refuse("conditions", node, "an array of conditions, each a table");
      complete = false;
      continue;
    }
    auto condition = read(*node.as_table(), depth + 1);
    complete = complete && condition;
    if (condition) out.push_back(std::move(*condition));
  }
  if (!complete) return std::nullopt;
  return out;
}

std::optional<Condition> ConditionReader::negated(TomlTable& table, int depth) {
  const toml::table* source = table.table("condition", Need::required);
  if (source == nullptr) return std::nullopt;
  auto condition = read(*source, depth + 1);
  if (!condition) return std::nullopt;
  return Condition{NotCondition{{std::move(*condition)}}};
}

}  // namespace

std::optional<Condition> read_condition(const toml::table& table, Profile& profile,
                                        Problems& problems) {
  return ConditionReader(profile, problems).read(table, 1);
}

}  // namespace midimon
