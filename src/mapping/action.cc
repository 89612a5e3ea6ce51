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
  return fmt::format("{} times {}", action.count, describe(action.action.front()));
}

std::string describe(const UnavailableAction& action) {
  return action.type;
}

std::string describe(const Action& action) {
  return std::visit([](const auto& what) { return describe(what); }, action.what);
}

std::size_t count_steps(const Action& action) {
  const auto sum = [](const std::vector<Action>& actions) {
    std::size_t steps = 0;
    for (const Action& inner : actions)
      steps = std::min(steps + count_steps(inner), kMaxSteps + 1);
    return steps;
  };
  if (const auto* sequence = std::get_if<Sequence>(&action.what)) return sum(sequence->actions);
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
