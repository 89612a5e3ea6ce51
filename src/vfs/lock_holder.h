// lock_holder() says who holds a lock that cannot be had.
#pragma once

#include <sys/types.h>

#include <optional>

namespace midimon::vfs {

// The process that holds a flock() on the file that `fd` is open on, as /proc/locks tells; none if
// it does not: there is no such lock, it is held in another pid namespace, or the file system gives
// its files another device than its locks.
[[nodiscard]] std::optional<pid_t> lock_holder(int fd);

}  // namespace midimon::vfs
