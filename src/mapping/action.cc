#include "mapping/action.h"

#include <fmt/format.h>

#include "base/units.h"

namespace midimon {

std::string describe(const PluginAction& action) {
  return fmt::format("plugin {}/{}", action.plugin, action.action);
}

std::string describe(const ModeChange& action) {
  return fmt::format("mode {}", action.name);
}

std::string describe(const Delay& action) {
  return fmt::format("delay {}", format_duration(action.duration));
}

std::string describe(const Sequence& action) {
  const std::size_t size = action.actions.size();
  return fmt::format("sequence of {} action{}", size, size == 1 ? "" : "s");
}

std::string describe(const Action& action) {
  return std::visit([](const auto& what) { return describe(what); }, action.what);
}

}  // namespace midimon
