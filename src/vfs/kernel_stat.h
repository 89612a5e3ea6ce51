// What the kernel says about files, translated: types, times, and whether a name is a mount.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <array>
#include <cstdint>

#include "base/errno.h"
#include "vfs/file_system.h"

namespace midimon::vfs {

// FIFOs and sockets have no word in WASI for what they are: unknown.
[[nodiscard]] FileType file_type(mode_t mode);

// An open file's stat, of any kind of file and of O_PATH descriptors too.
[[nodiscard]] ErrnoOr<Stat> stat_fd(int fd);
// The same in the kernel's words.
Errno stat_fd(int fd, struct stat& info);

// The stat of the one component `name` in `dirfd`, links not followed. Answers perm if something is
// mounted over it: *at() calls have no RESOLVE_NO_XDEV, and a stat of the mount's root is no
// business of the guest's.
[[nodiscard]] ErrnoOr<Stat> stat_name(int dirfd, const char* name);

// Its type and permission bits, under the same rule.
[[nodiscard]] ErrnoOr<mode_t> mode_of_name(int dirfd, const char* name);

// The file's kind and the mount it was reached through, as a number to compare.
struct FdKind {
  mode_t mode = 0;
  std::uint64_t mount = 0;
};
[[nodiscard]] ErrnoOr<FdKind> fd_kind(int fd);

// For utimensat() and futimens(): accessed, modified.
[[nodiscard]] std::array<timespec, 2> to_timespecs(const TimeChanges& times);

}  // namespace midimon::vfs
