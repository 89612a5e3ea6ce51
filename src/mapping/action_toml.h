// Reads the actions of a profile.
#pragma once

#include <optional>

#include "mapping/profile.h"
#include "toml/toml_table.h"

namespace midimon {

// Reads an action. `profile` already has the names of all modes, the ids of all plugins and the
// curves, counts the Cycles, and takes a note of each action that will not run. Nothing, and at
// least one problem, if it cannot be read.
[[nodiscard]] std::optional<Action> read_action(const toml::table& table, Profile& profile,
                                                Problems& problems);

}  // namespace midimon
