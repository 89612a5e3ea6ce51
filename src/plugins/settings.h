// check_settings() says whether a plugin can be given what its user set for it.
#pragma once

#include <string_view>

#include "midimon/metadata.h"
#include "midimon/result.h"

namespace midimon::plugins {

inline constexpr std::size_t kMaxSettingsBytes = 64UL * 1024;
inline constexpr int kMaxSettingsDepth = 32;

// Errors: `json` is no JSON object, is too large or too deep; it has settings, and the plugin says
// nothing of any; it does not fit the plugin's schema.
Result<void> check_settings(const Metadata& metadata, std::string_view json);

}  // namespace midimon::plugins
