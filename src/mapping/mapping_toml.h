// Reads the mappings of a profile: triggers and actions, as TOML describes them.
#pragma once

#include <optional>

#include "mapping/profile.h"
#include "toml/toml_table.h"

namespace midimon {

// Reads one element of [[modes.mappings]] or [[global_mappings]]. `profile` already has the names
// of all modes and the ids of all plugins, which actions refer to. Nothing, and at least one
// problem, if it cannot be read.
[[nodiscard]] std::optional<Mapping> read_mapping(const toml::table& table, const Profile& profile,
                                                  Problems& problems);

}  // namespace midimon
