// Finds what in the Plugin actions of a profile does not fit the plugins that they call.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mapping/flaws.h"
#include "mapping/profile.h"
#include "midimon/metadata.h"
#include "midimon/plugin.h"
#include "store/judge.h"

namespace midimon::cli {

// What is wrong with the actions that call `plugin`: actions that it has not, and params that do
// not fit the schema it gives for them. Params with values of the event are tried with the extremes
// of what their trigger can bring.
[[nodiscard]] std::vector<Flaw> check_actions(const Profile& profile, const Metadata& plugin);

// Why the plugin `id` of a profile cannot be used, for people, with the installed plugin that may
// have been meant where none of that name is.
[[nodiscard]] std::string why_refused(const std::string& id, const PluginEntry& entry,
                                      const store::Refusal& refusal);

// Looks at every plugin of the profile as `run` would load it, and lets none do more than say what
// it is; grants nothing and asks nobody. All that is wrong with them and with check_actions().
[[nodiscard]] std::vector<Flaw> check_plugins(const Profile& profile, bool unsigned_allowed);

}  // namespace midimon::cli
