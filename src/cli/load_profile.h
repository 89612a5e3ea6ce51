// Reads the profile that a command was given.
#pragma once

#include <string>
#include <vector>

#include "mapping/profile.h"
#include "midimon/result.h"

namespace midimon::cli {

// The error has a line for each thing that is wrong with it.
Result<Profile> load_profile(const std::string& path);

// "file:line:column: text" for each thing in the profile that this version does not do.
std::vector<std::string> note_lines(const Profile& profile);

}  // namespace midimon::cli
