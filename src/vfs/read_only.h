// Makes any file system read-only: what changes something is refused, all else goes through.
#pragma once

#include <memory>

#include "vfs/file_system.h"

namespace midimon::vfs {

// Wraps `directory` and all that is opened through it. Refused with perm, before the path is looked
// at: opening to write, create or truncate; write_at, append, set_size, allocate, set_times;
// making, removing, renaming and linking names, from here or to here. sync is allowed. Owns
// `directory`; as thread-safe as it. What is behind the wrapper cannot be reached through bottom().
[[nodiscard]] std::unique_ptr<Directory> make_read_only(std::unique_ptr<Directory> directory);

}  // namespace midimon::vfs
