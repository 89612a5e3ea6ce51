// The Resolver class opens a path beneath a directory, and nothing but beneath it: no "..", link,
// magic link, mount or race leads out. It is the one place where more than one component of a
// guest's path meets the kernel.
#pragma once

#include <sys/types.h>

#include <memory>

#include "base/errno.h"
#include "base/unique_fd.h"

namespace midimon::vfs {

// Implementations hold no state: they are thread-safe and cheap to make.
class Resolver {
 public:
  virtual ~Resolver() = default;

  // Opens `path` beneath `dirfd` with the flags and the mode of open(2); O_CLOEXEC is added. `path`
  // is relative and not empty. `mode` counts only with O_CREAT. `dirfd` stays the caller's and may
  // be an O_PATH descriptor.
  // Errors: perm (the path leads out, or onto another mount), loop (more than 40 links, a magic
  // link, or a link at the end with O_NOFOLLOW), otherwise what open(2) says. O_TRUNC and O_CREAT
  // have no effect where the answer is perm.
  virtual ErrnoOr<UniqueFd> open(int dirfd, const char* path, int flags, mode_t mode) const = 0;
};

enum class ResolverKind { openat2, walker };

// Whether the kernel has openat2 and lets us use it. Some container runtimes forbid it (EPERM).
[[nodiscard]] bool openat2_works();

// Which resolver to use: `wish` is the value of the environment variable MIDIMON_RESOLVER or null;
// "walker" chooses the walker, as does an openat2 that does not work. main() asks once:
// choose_resolver(getenv("MIDIMON_RESOLVER"), openat2_works()).
[[nodiscard]] ResolverKind choose_resolver(const char* wish, bool openat2_works);

[[nodiscard]] std::unique_ptr<Resolver> make_resolver(ResolverKind kind);

// One openat2(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV) for each path.
[[nodiscard]] std::unique_ptr<Resolver> make_openat2_resolver();

// One openat(O_PATH | O_NOFOLLOW) for each component, with the directories passed kept open, at
// most 128 of them (nametoolong beyond).
[[nodiscard]] std::unique_ptr<Resolver> make_walk_resolver();

}  // namespace midimon::vfs
