// Reads the triggers of a profile.
#pragma once

#include <optional>
#include <string_view>

#include "mapping/profile.h"
#include "mapping/trigger.h"
#include "toml/toml_table.h"

namespace midimon {

// Reads a trigger. Times that it does not give are those of `settings`. Nothing, and at least one
// problem, if it cannot be read.
[[nodiscard]] std::optional<Trigger> read_trigger(const toml::table& table,
                                                  const AdvancedSettings& settings,
                                                  Problems& problems);

// Whether a trigger's type is one of a gamepad's, which midimon does not read.
[[nodiscard]] bool is_gamepad_trigger(std::string_view type);

}  // namespace midimon
