// Reads a Profile from TOML and tells a person all that is wrong with it at once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "mapping/profile.h"
#include "midimon/result.h"

namespace midimon {

inline constexpr std::size_t kMaxProfileBytes = std::size_t{1} << 20U;

// Reads the text of a profile. `file` is where it came from: its name stands in messages, and
// modules are found relative to its directory; the file system is not touched.
//
//   [device]              name, auto_connect
//   [[modes]]             name, color, [[modes.mappings]]
//   [[global_mappings]]   as the mappings of a mode; they hold in every mode
//   [advanced_settings]   chord_timeout_ms, double_tap_timeout_ms, hold_threshold_ms
//   [logging]             level = "debug" | "info" | "warning" | "error"
//   [plugins."<id>"]      module, grant, unsigned,
//                         limits = { memory, fuel, time, storage, storage_entries, open_files }
//
// A mapping is { description, trigger, action }, the last two tagged by `type`:
//   trigger  Note { note, channel, velocity_min, velocity_max }
//            CC { cc, channel, value_min, value_max }
//   action   Plugin { plugin, action, params }, ModeChange { mode }, Delay { ms },
//            Sequence { actions }
//
// A note is a number or a name, where C4 is 60; channels are 1 to 16, as devices count them; modes
// are named, or numbered from 0. Sizes and times are texts with a unit (base/units.h) or integers,
// in bytes and milliseconds.
//
// Fails with `limit` if the text is too large, else with `invalid`. The message then has one line
// per problem, "file:line:column: what is wrong; what is allowed", and names all of them, save that
// nothing is read beyond a mistake in TOML's own syntax.
[[nodiscard]] Result<Profile> parse_profile(std::string_view text,
                                            const std::filesystem::path& file);

}  // namespace midimon
