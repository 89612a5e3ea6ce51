#include <fcntl.h>
#include <linux/openat2.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/system_call.h"
#include "vfs/resolver.h"

namespace midimon::vfs {
namespace {

// The kernel answers EAGAIN when any rename or mount on the machine raced a ".."; a storm of
// renames can keep it doing so for as long as it likes.
constexpr int kMaxTries = 64;

// A descriptor or -errno.
int openat2(int dirfd, const char* path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;  // openat2 refuses a mode without O_CREAT
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return static_cast<int>(
      system_call(SYS_openat2, dirfd, as_argument(path), as_argument(&how), sizeof how));
}

class Openat2Resolver final : public Resolver {
 public:
  ErrnoOr<UniqueFd> open(int dirfd, const char* path, int flags, mode_t mode) const override {
    for (int i = 0; i < kMaxTries; ++i) {
      const int fd = openat2(dirfd, path, flags, mode);
      if (fd >= 0) return UniqueFd(fd);
      if (fd == -EXDEV) return err(Errno::perm);
      if (fd == -ENOSYS) break;
      if (fd != -EAGAIN) return err(errno_from_posix(-fd));
    }
    return walker_->open(dirfd, path, flags, mode);
  }

 private:
  std::unique_ptr<Resolver> walker_ = make_walk_resolver();
};

}  // namespace

std::unique_ptr<Resolver> make_openat2_resolver() {
  return std::make_unique<Openat2Resolver>();
}

bool openat2_works() {
  const UniqueFd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  return root.valid() && UniqueFd(openat2(root.get(), ".", O_PATH, 0)).valid();
}

ResolverKind choose_resolver(const char* wish, bool openat2_works) {
  const bool walk = wish != nullptr && std::string_view(wish) == "walker";
  return walk || !openat2_works ? ResolverKind::walker : ResolverKind::openat2;
}

std::unique_ptr<Resolver> make_resolver(ResolverKind kind) {
  return kind == ResolverKind::walker ? make_walk_resolver() : make_openat2_resolver();
}

}  // namespace midimon::vfs
