// Reads a Profile from TOML and tells a person all that is wrong with it at once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>

#include "mapping/profile.h"
#include "midimon/result.h"
#include "toml/problems.h"

namespace midimon {

inline constexpr std::size_t kMaxProfileBytes = std::size_t{1} << 20U;

// Reads the text of a profile. `file` is where it came from: its name stands in messages, and
// modules are found relative to its directory; the file system is not touched.
//
//   [device]              name, auto_connect, auto_reconnect, port
//   [[modes]]             name, color, on_enter, on_exit, [[modes.mappings]]
//   [[global_mappings]]   as the mappings of a mode; they hold in every mode
//   [advanced_settings]   chord_timeout_ms, double_tap_timeout_ms, hold_threshold_ms
//   [logging]             level = "debug" | "info" | "warning" | "error" | "off", file
//   [curves]              NAME = [0, 0.1, 1]: bends a range of values
//   [policy]              filesystem, network, midi, audio, subprocess, systemcontrol: true, false
//                         or an array of what may be granted at most
//   [plugins."<id>"]      module, grant, unsigned,
//                         limits = { memory, fuel, time, storage, storage_entries, open_files }
//
// A mapping is { description, trigger, condition, action, consume }; the middle three are tagged by
// `type`. docs/profile.md lists the types and their keys; each file beside this one that ends in
// _toml.h reads one part.
//
// A note is a number or a name, where C4 is 60; channels are 1 to 16, as devices count them; modes
// are named, or numbered from 0. Sizes and times are texts with a unit (base/units.h) or integers,
// in bytes and milliseconds.
//
// Fails with `limit` if the text is too large, else with `invalid`. The message then has one line
// per problem, "file:line:column: what is wrong; what is allowed", and names all of them, save that
// nothing is read beyond a mistake in TOML's own syntax. What is well-formed but not done by this
// version is no mistake: the profile's notes name it.
[[nodiscard]] Result<Profile> parse_profile(std::string_view text,
                                            const std::filesystem::path& file);

// The same, with what is wrong put into `problems`: nothing then. Too large a text is one of them.
[[nodiscard]] std::optional<Profile> parse_profile(std::string_view text,
                                                   const std::filesystem::path& file,
                                                   Problems& problems);

}  // namespace midimon
