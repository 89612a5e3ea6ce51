// Reads which controllers a profile tells apart, and what it passes on.
#pragma once

#include "mapping/profile.h"
#include "toml/toml_table.h"

namespace midimon {

// Reads [[devices]] into `profile`.
void read_devices(TomlTable& table, Profile& profile, Problems& problems);

// Reads [[thru]] into `profile`, which already has its devices.
void read_thru(TomlTable& table, Profile& profile, Problems& problems);

// Reads which of the profile's devices a key names: its index.
[[nodiscard]] std::optional<std::size_t> read_device(TomlTable& table, std::string_view key,
                                                     const Profile& profile);

}  // namespace midimon
