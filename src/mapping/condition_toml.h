// Reads the conditions of a profile.
#pragma once

#include <optional>

#include "mapping/profile.h"
#include "toml/toml_table.h"

namespace midimon {

// Reads a condition. `profile` already has the names of all modes and the ids of all plugins, and
// takes a note of each condition that only others than midimon can tell. Nothing, and at least one
// problem, if it cannot be read.
[[nodiscard]] std::optional<Condition> read_condition(const toml::table& table, Profile& profile,
                                                      Problems& problems);

}  // namespace midimon
