#include "mapping/mapping_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "midi/note_name.h"
#include "toml/closest.h"

namespace midimon {
namespace {

constexpr std::int64_t kMaxDelayMs = 3'600'000;
constexpr int kMaxParamsDepth = 32;

std::optional<std::uint8_t> to_byte(std::optional<std::int64_t> number) {
  return number ? std::optional(static_cast<std::uint8_t>(*number)) : std::nullopt;
}

// Reads which of `known` a table's type is, and from then on calls the table by it.
std::optional<std::string_view> read_type(TomlTable& table, std::string_view what,
                                          std::span<const std::string_view> known) {
  const std::string expected = fmt::format("one of {}", fmt::join(known, ", "));
  const auto type = table.string("type", Need::required, expected);
  if (!type) return std::nullopt;
  const auto found = std::find(known.begin(), known.end(), *type);
  if (found == known.end()) {
    table.add_problem(table.pos("type"), fmt::format("there is no {} of type {}{}", what,
                                                     in_quotes(*type), hint(*type, known)));
    return std::nullopt;
  }
  table.rename(fmt::format("a {} {}", *found, what));
  return *found;
}

class MappingReader {
 public:
  MappingReader(const Profile& profile, Problems& problems)
      : profile_(profile), problems_(problems) {}

  std::optional<Mapping> mapping(const toml::table& table);

 private:
  std::optional<Trigger> trigger(const toml::table& table);
  std::optional<Trigger> note(TomlTable& table);
  std::optional<Trigger> control(TomlTable& table);
  std::optional<std::uint8_t> note_number(TomlTable& table);
  static std::optional<std::uint8_t> channel(TomlTable& table);
  static void range(TomlTable& table, std::string_view what, std::uint8_t& min, std::uint8_t& max);

  std::optional<Action> action(const toml::table& table, int depth);
  std::optional<Action> plugin(TomlTable& table);
  std::optional<Action> mode_change(TomlTable& table);
  std::optional<Action> delay(TomlTable& table);
  std::optional<Action> sequence(TomlTable& table, int depth);
  void check_declared(const std::string& plugin, SourcePos pos);
  std::optional<std::size_t> mode_index(TomlTable& table, const toml::node& node);
  std::optional<std::string> params(TomlTable& table);
  nlohmann::json to_json(const toml::node& node, int depth);

  const Profile& profile_;
  Problems& problems_;
};

std::optional<Mapping> MappingReader::mapping(const toml::table& source) {
  TomlTable table(source, "a mapping", problems_);
  auto description = table.string("description", Need::optional);
  const toml::table* trigger_source = table.table("trigger", Need::required);
  const toml::table* action_source = table.table("action", Need::required);
  table.refuse_other_keys();

  auto read_trigger = trigger_source != nullptr ? trigger(*trigger_source) : std::nullopt;
  auto read_action = action_source != nullptr ? action(*action_source, 0) : std::nullopt;
  if (!read_trigger || !read_action) return std::nullopt;
  if (!description) description = describe(*read_action);
  return Mapping{std::move(*description), *read_trigger, std::move(*read_action), table.pos()};
}

std::optional<Trigger> MappingReader::trigger(const toml::table& source) {
  static constexpr std::array<std::string_view, 2> kTypes = {"Note", "CC"};
  TomlTable table(source, "a trigger", problems_);
  const auto type = read_type(table, "trigger", kTypes);
  if (!type) return std::nullopt;
  auto trigger = *type == "Note" ? note(table) : control(table);
  table.refuse_other_keys();
  return trigger;
}

std::optional<Trigger> MappingReader::note(TomlTable& table) {
  NoteTrigger trigger;
  const auto number = note_number(table);
  trigger.channel = channel(table);
  range(table, "velocity", trigger.velocity_min, trigger.velocity_max);
  if (!number) return std::nullopt;
  trigger.note = *number;
  return trigger;
}

std::optional<Trigger> MappingReader::control(TomlTable& table) {
  ControlTrigger trigger;
  const auto number = to_byte(table.integer("cc", 0, 127, Need::required));
  trigger.channel = channel(table);
  range(table, "value", trigger.value_min, trigger.value_max);
  if (!number) return std::nullopt;
  trigger.controller = *number;
  return trigger;
}

std::optional<std::uint8_t> MappingReader::note_number(TomlTable& table) {
  static constexpr std::string_view kExpected =
      "a number from 0 to 127 or a name from \"C-1\" to \"G9\", such as \"F#3\" (\"C4\" is 60)";
  const toml::node* node = table.find("note", Need::required, kExpected);
  if (node == nullptr) return std::nullopt;
  if (const auto* number = node->as_integer()) {
    if (number->get() >= 0 && number->get() <= 127) return to_byte(number->get());
  } else if (const auto* name = node->as_string()) {
    if (const auto parsed = parse_note(name->get())) return parsed;
  }
  table.refuse("note", *node, kExpected);
  return std::nullopt;
}

std::optional<std::uint8_t> MappingReader::channel(TomlTable& table) {
  const auto channel = table.integer("channel", 1, 16, Need::optional);
  return channel ? to_byte(*channel - 1) : std::nullopt;
}

// Reads <what>_min and <what>_max.
void MappingReader::range(TomlTable& table, std::string_view what, std::uint8_t& min,
                          std::uint8_t& max) {
  const bool velocity = what == "velocity";  // keys are literals, because the table keeps views
  const std::string_view min_key = velocity ? "velocity_min" : "value_min";
  const std::string_view max_key = velocity ? "velocity_max" : "value_max";
  min = to_byte(table.integer(min_key, 0, 127, Need::optional)).value_or(min);
  max = to_byte(table.integer(max_key, 0, 127, Need::optional)).value_or(max);
  if (min > max) {
    table.add_problem(
        table.pos(min_key),
        fmt::format("\"{}\" must not be above \"{}\", {} is above {}", min_key, max_key, min, max));
  }
}

std::optional<Action> MappingReader::action(const toml::table& source, int depth) {
  static constexpr std::array<std::string_view, 4> kTypes = {"Plugin", "ModeChange", "Delay",
                                                             "Sequence"};
  TomlTable table(source, "an action", problems_);
  const auto type = read_type(table, "action", kTypes);
  if (!type) return std::nullopt;
  auto action = *type == "Plugin"       ? plugin(table)
                : *type == "ModeChange" ? mode_change(table)
                : *type == "Delay"      ? delay(table)
                                        : sequence(table, depth + 1);
  table.refuse_other_keys();
  return action;
}

std::optional<Action> MappingReader::plugin(TomlTable& table) {
  auto id = table.string("plugin", Need::required);
  auto name = table.string("action", Need::required);
  auto json = params(table);
  if (id) check_declared(*id, table.pos("plugin"));
  if (!id || !name || !json) return std::nullopt;
  return Action{PluginAction{std::move(*id), std::move(*name), std::move(*json), table.pos()}};
}

void MappingReader::check_declared(const std::string& plugin, SourcePos pos) {
  if (profile_.plugins.contains(plugin)) return;
  std::vector<std::string_view> declared;
  for (const auto& [id, entry] : profile_.plugins)
    declared.emplace_back(id);
  const auto near = closest(plugin, declared);
  const std::string advice =
      near ? fmt::format("did you mean \"{}\"?", *near)
           : fmt::format("add [plugins.{}] with its module", in_quotes(plugin));
  problems_.add(pos, fmt::format("plugin {} is not declared; {}", in_quotes(plugin), advice));
}

std::optional<Action> MappingReader::mode_change(TomlTable& table) {
  const toml::node* node = table.find("mode", Need::required, "a mode's name or number");
  if (node == nullptr) return std::nullopt;
  const auto index = mode_index(table, *node);
  if (!index) return std::nullopt;
  return Action{ModeChange{*index, profile_.modes[*index].name}};
}

std::optional<std::size_t> MappingReader::mode_index(TomlTable& table, const toml::node& node) {
  const std::size_t count = profile_.modes.size();
  if (const auto* number = node.as_integer()) {
    const auto index = static_cast<std::uint64_t>(number->get());  // below 0: beyond any count
    if (index < count) return static_cast<std::size_t>(index);
    table.refuse("mode", node, fmt::format("a mode's name or a number from 0 to {}", count - 1));
    return std::nullopt;
  }
  const auto* name = node.as_string();
  if (name == nullptr) {
    table.refuse("mode", node, "a mode's name or number");
    return std::nullopt;
  }
  std::vector<std::string_view> names;
  for (const Mode& mode : profile_.modes)
    names.emplace_back(mode.name);
  const auto found = std::find(names.begin(), names.end(), name->get());
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  problems_.add(pos_of(node), fmt::format("there is no mode {}{}", in_quotes(name->get()),
                                          hint(name->get(), names)));
  return std::nullopt;
}

std::optional<Action> MappingReader::delay(TomlTable& table) {
  const auto ms = table.integer("ms", 0, kMaxDelayMs, Need::required);
  if (!ms) return std::nullopt;
  return Action{Delay{std::chrono::milliseconds(*ms)}};
}

std::optional<Action> MappingReader::sequence(TomlTable& table, int depth) {
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
    auto step = action(*element.as_table(), depth);
    complete = complete && step;
    if (step) sequence.actions.push_back(std::move(*step));
  }
  if (!complete) return std::nullopt;
  return Action{std::move(sequence)};
}

std::optional<std::string> MappingReader::params(TomlTable& table) {
  const toml::node* node = table.find("params", Need::optional, "a table");
  if (node == nullptr) return "{}";
  if (!node->is_table()) {
    table.refuse("params", *node, "a table");
    return std::nullopt;
  }
  // The parser has seen to it that all text is UTF-8; `replace` keeps dump() from throwing.
  return to_json(*node, 0).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Dates and times become strings in RFC 3339, as TOML writes them.
nlohmann::json MappingReader::to_json(const toml::node& node, int depth) {
  if (depth > kMaxParamsDepth) {
    problems_.add(pos_of(node),
                  fmt::format("params may be {} values deep, not deeper", kMaxParamsDepth));
    return nullptr;
  }
  if (const auto* table = node.as_table()) {
    auto out = nlohmann::json::object();
    for (const auto& [key, value] : *table)
      out[std::string(key.str())] = to_json(value, depth + 1);
    return out;
  }
  if (const auto* array = node.as_array()) {
    auto out = nlohmann::json::array();
    for (const toml::node& value : *array)
      out.push_back(to_json(value, depth + 1));
    return out;
  }
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* boolean = node.as_boolean()) return boolean->get();
  if (const auto* number = node.as_floating_point()) {
    if (std::isfinite(number->get())) return number->get();
    problems_.add(pos_of(node), "params become JSON, which has no infinity and no \"nan\"");
    return nullptr;
  }
  std::ostringstream text;
  node.visit([&text](const auto& value) { text << value; });
  return text.str();
}

}  // namespace

std::optional<Mapping> read_mapping(const toml::table& table, const Profile& profile,
                                    Problems& problems) {
  return MappingReader(profile, problems).mapping(table);
}

}  // namespace midimon
