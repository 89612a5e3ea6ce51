#include "cli/load_plugins.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/grant_source.h"
#include "cli/plugin_config.h"
#include "cli/plugin_store.h"
#include "store/load.h"

namespace midimon::cli {
namespace {

// Every Plugin action of the profile, with what it asks for.
std::vector<const PluginAction*> plugin_actions(const Profile& profile) {
  std::vector<const PluginAction*> actions;
  const auto add = [&actions](const Action& step) {
    if (const auto* plugin = std::get_if<PluginAction>(&step.what)) actions.push_back(plugin);
  };
  for (const Mode& mode : profile.modes) {
    for (const Mapping& mapping : mode.mappings)
      for_each_step(mapping, add);
    if (mode.on_enter) for_each_step(*mode.on_enter, add);
    if (mode.on_exit) for_each_step(*mode.on_exit, add);
  }
  for (const Mapping& mapping : profile.global_mappings)
    for_each_step(mapping, add);
  return actions;
}

}  // namespace

store::OrRefusal<void> load_plugins(Runtime& runtime, const Profile& profile, bool unsigned_allowed,
                                    plugins::PluginHost& host, const plugins::PluginHost* earlier) {
  std::string problems;
  std::optional<trust::Verdict> verdict;
  const auto problem = [&](const SourcePos& pos, const std::string& what) {
    problems += fmt::format("{}{}:{}:{}: {}", problems.empty() ? "" : "\n", profile.file.string(),
                            pos.line, pos.column, what);
  };
  const std::vector<const PluginAction*> actions = plugin_actions(profile);
  for (const auto& [id, entry] : profile.plugins) {
    auto config = to_config(id, entry);
    if (!config) {
      problem(entry.pos, config.error().message);
      continue;
    }
    store::LoadRequest request{id, entry.module.string(), entry.allow_unsigned || unsigned_allowed,
                               std::move(*config)};
    if (auto used = use_grants(request, &profile); !used) return store::refuse(used.error());
    auto plugin = load_plugin(runtime, request);
    if (!plugin) {
      problem(entry.pos, plugin.error().error.message);
      if (!verdict) verdict = plugin.error().verdict;
      continue;
    }
    for (const PluginAction* action : actions) {
      if (action->plugin != id) continue;
      if (const auto wrong = check_action(plugin->metadata(), action->action)) {
        problem(action->pos, *wrong);
      }
    }
    host.add(std::move(*plugin), earlier);
  }
  if (problems.empty()) return {};
  return tl::unexpected(store::Refusal{{ErrorCode::invalid, problems}, verdict});
}

}  // namespace midimon::cli
