// Reads the JSON that a plugin's `init` returns. It comes from a stranger: sizes, depth and every
// field are checked, and the error says which one is wrong.
#pragma once

#include <string_view>

#include "midimon/metadata.h"
#include "midimon/result.h"

namespace midimon::plugins {

inline constexpr std::size_t kMaxMetadataBytes = 64 * 1024;
inline constexpr int kMaxJsonDepth = 32;

Result<Metadata> parse_metadata(std::string_view json);

}  // namespace midimon::plugins
