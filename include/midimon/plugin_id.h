// The ids of plugins.
#pragma once

#include <string_view>

#include "midimon/export.h"

namespace midimon {

// Whether `text` can be a plugin's id: 1 to 64 of a-z, 0-9, '.', '_' and '-', with a letter or
// digit at both ends and no "..". It becomes the name of a directory, on file systems too that fold
// case or Unicode, so nothing else is allowed.
[[nodiscard]] MIDIMON_API bool is_plugin_id(std::string_view text);

}  // namespace midimon
