// Reads the mappings of a profile: triggers, conditions and actions, as TOML describes them.
#pragma once

#include <optional>

#include "mapping/profile.h"
#include "toml/toml_table.h"

namespace midimon {

// Reads one element of [[modes.mappings]] or [[global_mappings]]. `profile` already has the names
// of all modes, the ids of all plugins, the curves and the times of gestures; it takes a note of
// what this version does not do. Nothing, and at least one problem or note, if there is no mapping
// to make of it.
[[nodiscard]] std::optional<Mapping> read_mapping(const toml::table& table, Profile& profile,
                                                  Problems& problems);

}  // namespace midimon
