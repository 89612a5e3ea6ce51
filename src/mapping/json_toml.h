// Reads a TOML table that is handed on as JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "toml/toml_table.h"

namespace midimon {

inline constexpr std::size_t kMaxJsonTableBytes = 64UL * 1024;
inline constexpr int kMaxJsonTableDepth = 32;

// Key `key` of `table` as a JSON object; dates and times become strings as TOML writes them.
// Nothing if it is not there; nothing, and a problem, if it is no table, is deeper or larger than
// the above, or holds a number that JSON has not (inf, nan).
[[nodiscard]] std::optional<std::string> read_json_object(TomlTable& table, std::string_view key);

}  // namespace midimon
