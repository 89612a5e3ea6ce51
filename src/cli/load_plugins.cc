#include "cli/load_plugins.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "cli/grant_source.h"
#include "cli/plugin_checks.h"
#include "cli/plugin_config.h"
#include "cli/plugin_store.h"
#include "store/load.h"

namespace midimon::cli {

store::OrRefusal<void> load_plugins(Runtime& runtime, const Profile& profile, bool unsigned_allowed,
                                    plugins::PluginHost& host, const plugins::PluginHost* earlier) {
  std::string problems;
  std::optional<trust::Verdict> verdict;
  const auto problem = [&](const SourcePos& pos, const std::string& what) {
    problems += fmt::format("{}{}:{}:{}: {}", problems.empty() ? "" : "\n", profile.file.string(),
                            pos.line, pos.column, what);
  };
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
      problem(entry.pos, why_refused(id, entry, plugin.error()));
      if (!verdict) verdict = plugin.error().verdict;
      continue;
    }
    for (const Flaw& wrong : check_actions(profile, plugin->metadata()))
      problem(wrong.pos, wrong.text);
    host.add(std::move(*plugin), earlier);
  }
  if (problems.empty()) return {};
  return tl::unexpected(store::Refusal{{ErrorCode::invalid, problems}, verdict});
}

}  // namespace midimon::cli
