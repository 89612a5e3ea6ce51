// Packages as a directory: what an author packs, and what an archive was unpacked to by hand.
#pragma once

#include <string>

#include "midimon/result.h"
#include "package/package.h"

namespace midimon::package {

// Reads each file below `path` once. Refused: all that is neither a plain file nor a directory
// (links lead elsewhere), and what Package::make() refuses. A manifest need not be there.
Result<Package> read_directory(const std::string& path);

}  // namespace midimon::package
