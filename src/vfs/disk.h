// Directories of the host: `open_disk` is where a plugin's view of the real file system begins.
//
// What is opened through a Directory from here is a regular file or a directory beneath it, on the
// same mount: never a device, a FIFO or a socket, never something another file system is mounted
// over. Descriptors are opened close-on-exec and never block.
//
// Needs Linux 5.8 for set_times with a path (notsup before).
#pragma once

#include <memory>

#include "base/errno.h"
#include "base/unique_fd.h"
#include "vfs/file_system.h"
#include "vfs/resolver.h"

namespace midimon::vfs {

struct DiskOptions {
  // False: new files get 0666 and directories 0777, less the umask, as every program's do.
  // True: exactly 0600 and 0700, for the plugins' own data. The umask can only take bits away, so
  // nobody else ever gets in; the owner's bits are put back with chmod where it took one of those.
  bool owner_only = false;
  ResolverKind resolver = ResolverKind::openat2;
};

// Opens the directory `host_path`, a path of the host that is trusted as far as its last component,
// which must not be a link (notdir). Errors: those of open(2).
[[nodiscard]] ErrnoOr<std::unique_ptr<Directory>> open_disk(const char* host_path,
                                                            const DiskOptions& options);

// The same for a directory that is open already; O_RDONLY, not O_PATH, or sync and set_times answer
// badf. Errors: notdir.
[[nodiscard]] ErrnoOr<std::unique_ptr<Directory>> open_disk(UniqueFd directory,
                                                            const DiskOptions& options);

// The same with a resolver of the caller's own.
[[nodiscard]] ErrnoOr<std::unique_ptr<Directory>> open_disk(UniqueFd directory,
                                                            std::unique_ptr<Resolver> resolver,
                                                            bool owner_only);

}  // namespace midimon::vfs
