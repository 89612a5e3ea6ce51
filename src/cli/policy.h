// The ceiling over what plugins may be granted: [policy] of the profile in the configuration
// directory, and of the profile that is run.
#pragma once

#include "base/places.h"
#include "grants/permissions.h"
#include "mapping/profile.h"
#include "midimon/result.h"

namespace midimon::cli {

// The most that either leaves; `profile` may be null. The error names the place in the file.
Result<grants::Permissions> find_ceiling(const Places& places, const Profile* profile);

}  // namespace midimon::cli
