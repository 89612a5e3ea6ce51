// Loads what a profile calls.
#pragma once

#include "mapping/profile.h"
#include "plugins/plugin_host.h"
#include "store/judge.h"

namespace midimon::cli {

// Loads the profile's plugins into `host` and checks that they have the actions that are asked of
// them, and that the params fit; those that `earlier` runs and that are the same go on as they are.
// The error has a line for each thing that is wrong, and the verdict of the first plugin that may
// not be used.
store::OrRefusal<void> load_plugins(Runtime& runtime, const Profile& profile, bool unsigned_allowed,
                                    plugins::PluginHost& host,
                                    const plugins::PluginHost* earlier = nullptr);

}  // namespace midimon::cli
