// Reads amounts, and the sections of a profile that say how the runtime keeps its journal and the
// host's disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "mapping/profile.h"
#include "toml/toml_table.h"

namespace midimon {

// A size, as text with a unit or as a number of bytes, of at least `min` bytes. Nothing where the
// key is not there; where it holds something else that is noted as a problem.
std::optional<std::uint64_t> read_size(TomlTable& table, std::string_view key, std::uint64_t min);

// A time, as text with a unit or as a number of milliseconds, above 0 and up to `max`.
std::optional<Nanos> read_time(TomlTable& table, std::string_view key, std::chrono::hours max);

AuditSettings read_audit(const toml::table& source, Problems& problems);
StorageSettings read_storage(const toml::table& source, Problems& problems);

}  // namespace midimon
