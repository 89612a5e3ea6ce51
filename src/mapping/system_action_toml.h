// Reads the actions of system_action.h.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "mapping/action.h"
#include "mapping/profile.h"
#include "toml/toml_table.h"

namespace midimon {

inline constexpr std::array<std::string_view, 9> kSystemTypes = {
    "Keystroke", "Text",  "MouseClick",    "MouseMove", "Launch",
    "Command",   "Shell", "VolumeControl", "SendMidi"};

// `type` is one of kSystemTypes. A Shell that the profile does not allow is noted, and becomes an
// action that says so when its turn comes.
[[nodiscard]] std::optional<Action> read_system_action(std::string_view type, TomlTable& table,
                                                       Profile& profile);

}  // namespace midimon
