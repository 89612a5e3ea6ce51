#include "mapping/mapping_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mapping/action_toml.h"
#include "mapping/condition_toml.h"
#include "mapping/devices_toml.h"
#include "mapping/names_toml.h"
#include "mapping/profile_keys.h"
#include "mapping/trigger_toml.h"

namespace midimon {
namespace {

// Which values an event of a trigger brings along.
struct ValuesOf {
  using Names = std::vector<ValueName>;

  static Names press() {
    return {ValueName::velocity, ValueName::value, ValueName::note, ValueName::note_name,
            ValueName::channel};
  }
  Names operator()(const NoteTrigger& /*trigger*/) const { return press(); }
  Names operator()(const HoldTrigger& /*trigger*/) const { return press(); }
  Names operator()(const DoubleTapTrigger& /*trigger*/) const { return press(); }
  Names operator()(const ReleaseTrigger& /*trigger*/) const {
    return {ValueName::value, ValueName::note, ValueName::note_name, ValueName::channel};
  }
  Names operator()(const ChordTrigger& /*trigger*/) const {
    return {ValueName::velocity, ValueName::value, ValueName::channel};
  }
  Names operator()(const EncoderTrigger& /*trigger*/) const {
    return {ValueName::steps, ValueName::channel};
  }
  Names operator()(const PressureTrigger& trigger) const {
    if (!trigger.of_notes) return {ValueName::value, ValueName::channel};
    return {ValueName::value, ValueName::note, ValueName::note_name, ValueName::channel};
  }
  Names operator()(const SysexTrigger& /*trigger*/) const { return {ValueName::value}; }
  Names operator()(const BeatTrigger& /*trigger*/) const { return {ValueName::value}; }
  Names operator()(const TransportTrigger& /*trigger*/) const { return {}; }
  template <typename Other>
  Names operator()(const Other& /*trigger*/) const {
    return {ValueName::value, ValueName::channel};
  }
};

// Notes each value that an action asks for and its trigger has not.
void check_values(const Trigger& trigger, const Action& action, Problems& problems) {
  const std::vector<ValueName> given = std::visit(ValuesOf{}, trigger);
  for_each_step(action, [&](const Action& step) {
    for (const ValueName name : values_wanted(step)) {
      if (std::find(given.begin(), given.end(), name) != given.end()) continue;
      std::string known;
      for (const ValueName each : given)
        known += fmt::format("{}{{{}}}", known.empty() ? "" : ", ",
                             kValueNames[static_cast<std::size_t>(each)]);
      problems.add(pos_of_step(step),
                   fmt::format("the trigger ({}) has no {{{}}}; it has {}", describe(trigger),
                               kValueNames[static_cast<std::size_t>(name)],
                               known.empty() ? "no values" : known));
    }
  });
}

// What is held, or waits for the release, needs a note whose release ends it.
void check_held(const Mapping& mapping, SourcePos pos, Problems& problems) {
  const Trigger& trigger = mapping.trigger;
  if (std::holds_alternative<NoteTrigger>(trigger) ||
      std::holds_alternative<HoldTrigger>(trigger) ||
      std::holds_alternative<DoubleTapTrigger>(trigger)) {
    return;
  }
  const auto refuse = [&](std::string_view what) {
    problems.add(pos, fmt::format("{} needs a note that is held: a trigger of type Note, "
                                  "VelocityRange, LongPress or DoubleTap",
                                  what));
  };
  const auto* change = std::get_if<ModeChange>(&mapping.action.what);
  if (change != nullptr && change->while_held) refuse("\"while_held\"");
  if (is_held(mapping.action)) refuse("\"hold\" or \"while_held\"");
  if (mapping.on_release) refuse("\"on_release\"");
  if (mapping.cancel_on_release) refuse("\"cancel_on_release\"");
}

// A release holds nothing any more.
void check_release(const Action& action, SourcePos pos, Problems& problems) {
  check_values(ReleaseTrigger(), action, problems);
  const auto* change = std::get_if<ModeChange>(&action.what);
  if (is_held(action) || (change != nullptr && change->while_held)) {
    problems.add(pos, "nothing is held any more when \"on_release\" runs");
  }
}

}  // namespace

std::optional<Mapping> read_mapping(const toml::table& source, Profile& profile,
                                    Problems& problems) {
  TomlTable table(source, "a mapping", problems);
  auto description = table.string("description", Need::optional);
  const toml::table* trigger_source = table.table("trigger", Need::required);
  const toml::table* action_source = table.table("action", Need::required);
  const toml::table* release_source = table.table("on_release", Need::optional);
  const toml::table* condition_source = table.table("condition", Need::optional);
  const bool consume = table.boolean("consume").value_or(false);
  const auto device = read_device(table, "device", profile);
  const bool cancel = table.boolean("cancel_on_release").value_or(false);
  table.refuse_other_keys(names_of(keys_in(profile_keys(), "global_mappings")));

  const bool gamepad = trigger_source != nullptr && is_gamepad_trigger(type_of(*trigger_source));
  if (gamepad) {
    profile.notes.push_back({pos_of(*trigger_source),
                             fmt::format("{} triggers are not supported: this mapping is left out",
                                         type_of(*trigger_source))});
    return std::nullopt;
  }
  auto trigger = trigger_source == nullptr
                     ? std::nullopt
                     : read_trigger(*trigger_source, profile.advanced, problems);
  auto action =
      action_source == nullptr ? std::nullopt : read_action(*action_source, profile, problems);
  auto on_release =
      release_source == nullptr ? std::nullopt : read_action(*release_source, profile, problems);
  auto condition = condition_source == nullptr
                       ? std::nullopt
                       : read_condition(*condition_source, profile, problems);
  if (!trigger || !action) return std::nullopt;
  check_values(*trigger, *action, problems);
  if (on_release) check_release(*on_release, pos_of(*release_source), problems);
  if (!description) description = describe(*action);
  Mapping mapping{std::move(*description),
                  std::move(*trigger),
                  std::move(*action),
                  table.pos(),
                  std::move(condition),
                  std::move(on_release),
                  cancel,
                  consume,
                  device};
  check_held(mapping, pos_of(*action_source), problems);
  return mapping;
}

}  // namespace midimon
