#include "mapping/action.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"

namespace midimon {

std::string describe(const PluginAction& action) {
  return fmt::format("plugin {}/{}", action.plugin, action.action);
}

std::string describe(const ModeChange& action) {
  return fmt::format("mode {}{}", action.name, action.while_held ? " while held" : "");
}

std::string describe(const Delay& action) {
  return fmt::format("delay {}", format_duration(action.duration));
}

std::string describe(const Sequence& action) {
  const std::size_t size = action.actions.size();
  return fmt::format("sequence of {} action{}", size, size == 1 ? "" : "s");
}

std::string describe(const Conditional& action) {
  return fmt::format("if {}: {}", describe(action.condition), describe(action.then.front()));
}

std::string describe(const Repeat& action) {
  if (action.while_held) return "while held " + describe(action.action.front());
  return fmt::format("{} times {}", action.count, describe(action.action.front()));
}

std::string describe(const Parallel& action) {
  return fmt::format("{} actions at once", action.actions.size());
}

std::string describe(const Cycle& action) {
  return fmt::format("one of {} actions in turn", action.actions.size());
}

std::string describe(const Panic& /*action*/) {
  return "panic";
}

std::string describe(const UnavailableAction& action) {
  return action.type;
}

std::string describe(const Action& action) {
  return std::visit([](const auto& what) { return describe(what); }, action.what);
}

std::vector<ValueName> values_wanted(const Action& step) {
  if (const auto* plugin = std::get_if<PluginAction>(&step.what)) {
    return plugin->params ? plugin->params->names() : std::vector<ValueName>();
  }
  const auto* system = std::get_if<SystemAction>(&step.what);
  return system == nullptr ? std::vector<ValueName>() : system->names();
}

SourcePos pos_of_step(const Action& step) {
  if (const auto* plugin = std::get_if<PluginAction>(&step.what)) return plugin->pos;
  const auto* system = std::get_if<SystemAction>(&step.what);
  return system == nullptr ? SourcePos() : system->pos;
}

bool is_held(const Action& action) {
  const auto any = [](const std::vector<Action>& actions) {
    return std::any_of(actions.begin(), actions.end(), is_held);
  };
  if (const auto* system = std::get_if<SystemAction>(&action.what)) {
    const auto* keys = std::get_if<Keystroke>(&system->what);
    return keys != nullptr && keys->hold;
  }
  if (const auto* repeat = std::get_if<Repeat>(&action.what)) {
    return repeat->while_held || any(repeat->action);
  }
  if (const auto* conditional = std::get_if<Conditional>(&action.what)) {
    return any(conditional->then) || any(conditional->otherwise);
  }
  if (const auto* sequence = std::get_if<Sequence>(&action.what)) return any(sequence->actions);
  if (const auto* parallel = std::get_if<Parallel>(&action.what)) return any(parallel->actions);
  if (const auto* cycle = std::get_if<Cycle>(&action.what)) return any(cycle->actions);
  return false;
}

std::size_t count_steps(const Action& action) {
  const auto sum = [](const std::vector<Action>& actions) {
    std::size_t steps = 0;
    for (const Action& inner : actions)
      steps = std::min(steps + count_steps(inner), kMaxSteps + 1);
    return steps;
  };
  if (const auto* sequence = std::get_if<Sequence>(&action.what)) return sum(sequence->actions);
  if (const auto* parallel = std::get_if<Parallel>(&action.what)) return sum(parallel->actions);
  if (const auto* cycle = std::get_if<Cycle>(&action.what)) return 1 + sum(cycle->actions);
  if (const auto* conditional = std::get_if<Conditional>(&action.what)) {
    return 1 + std::max(sum(conditional->then), sum(conditional->otherwise));
  }
  if (const auto* repeat = std::get_if<Repeat>(&action.what)) {
    const std::size_t once = sum(repeat->action) + 1;  // and the pause
    return std::min(once * static_cast<std::size_t>(repeat->count), kMaxSteps + 1);
  }
  return 1;
}

}  // namespace midimon
