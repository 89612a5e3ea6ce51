// Finds files of a tree that have a name outside it too.
//
// A hard link is no link to the resolver: a file that somebody on the host linked into a plugin's
// directory beforehand is inside, and writing to it writes outside. Only counting names tells.
#pragma once

#include "midimon/result.h"
#include "vfs/file_system.h"

namespace midimon::vfs {

// To be called before a plugin gets `root`. Errors: denied (a file has more names than were found
// beneath `root`; the message gives one of them and says what to do), limit (more than 100 levels),
// io. Nobody may change the tree meanwhile.
[[nodiscard]] Result<void> refuse_foreign_links(Directory& root);

}  // namespace midimon::vfs
