// What may be granted at all: the ceiling that [policy] sets, in the profile in the configuration
// directory and in the one that is run, and directories that are there.
#pragma once

#include "base/places.h"
#include "grants/permissions.h"
#include "mapping/profile.h"
#include "midimon/capability.h"
#include "midimon/result.h"

namespace midimon::cli {

// The most that either leaves; `profile` may be null. The error names the place in the file.
Result<grants::Permissions> find_ceiling(const Places& places, const Profile* profile);

// Whether the directories of the host that `what` names are there and may be given to a plugin. The
// error says what to name instead.
Result<void> check_directories(const Capability& what, const Places& places);

}  // namespace midimon::cli
