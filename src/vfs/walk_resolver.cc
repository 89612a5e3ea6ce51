#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vfs/kernel_stat.h"
#include "vfs/path.h"
#include "vfs/resolver.h"

namespace midimon::vfs {
namespace {

constexpr int kMaxLinks = 40;  // as the kernel's MAXSYMLINKS
constexpr std::size_t kMaxDepth = 128;
constexpr int kMaxTries = 64;

// Everything in /proc/PID that is a link may be a magic one, which no text describes.
bool may_be_magic(int link) {
  struct statfs info {};
  return ::fstatfs(link, &info) != 0 || info.f_type == PROC_SUPER_MAGIC;
}

// The Walk class is one walk along one path. The directories passed are on a stack of descriptors:
// ".." goes back to the one we came from, wherever it may have been moved meanwhile, so no rename
// can make the walk leave through the top.
class Walk {
 public:
  Walk(int root, const char* path, int flags, mode_t mode)
      : root_(root), flags_(flags | O_CLOEXEC), mode_(mode), rest_(path) {}

  ErrnoOr<UniqueFd> run();

 private:
  struct Component {
    std::string name;
    bool last = false;         // nothing but slashes follows
    bool slash_after = false;  // at least one does
  };

  [[nodiscard]] int top() const { return depth_ == 0 ? root_ : held_[depth_ - 1].get(); }
  [[nodiscard]] bool has(int flag) const { return (flags_ & flag) == flag; }
  [[nodiscard]] bool follows_last() const { return !has(O_NOFOLLOW) && !has(O_CREAT | O_EXCL); }

  std::optional<Component> take_component();
  Errno enter(const char* name);
  Errno push(UniqueFd directory);
  Errno pop();
  Errno expand(int link);
  // Opens the last component; nothing where it was a link and has been expanded.
  ErrnoOr<std::optional<UniqueFd>> open_last(const char* name);
  // Puts a link's target in its place; true if `name` was one.
  ErrnoOr<bool> expand_if_link(const char* name);
  ErrnoOr<UniqueFd> open_plain(const char* name) const;
  [[nodiscard]] ErrnoOr<UniqueFd> open_top() const;
  [[nodiscard]] ErrnoOr<FdKind> examine(int fd) const;

  int root_;
  int flags_;
  mode_t mode_;
  std::string rest_;  // still to be walked; at most 40 link targets and a path long
  std::uint64_t mount_ = 0;
  int links_ = 0;
  std::array<UniqueFd, kMaxDepth> held_;
  std::size_t depth_ = 0;
};

std::optional<Walk::Component> Walk::take_component() {
  const std::size_t start = rest_.find_first_not_of('/');
  if (start == std::string::npos) return std::nullopt;
  const std::size_t end = std::min(rest_.find('/', start), rest_.size());
  const std::size_t next = std::min(rest_.find_first_not_of('/', end), rest_.size());
  Component component{rest_.substr(start, end - start), next == rest_.size(), next > end};
  rest_.erase(0, next);
  return component;
}

ErrnoOr<UniqueFd> Walk::run() {
  const auto kind = fd_kind(root_);
  if (!kind) return err(kind.error());
  mount_ = kind->mount;
  while (const auto component = take_component()) {
    const std::string& name = component->name;
    if (name.size() > kMaxName) return err(Errno::nametoolong);
    if (name == ".") continue;
    Errno done = Errno::success;
    if (name == "..") {
      done = pop();
    } else if (component->last && !component->slash_after) {
      auto opened = open_last(name.c_str());
      if (!opened) return err(opened.error());
      if (opened->has_value()) return std::move(**opened);
    } else if (component->last && has(O_CREAT)) {
      done = Errno::isdir;  // a link's target that ends in a slash: O_CREAT makes no directories
    } else {
      done = enter(name.c_str());
    }
    if (done != Errno::success) return err(done);
  }
  return open_top();
}

Errno Walk::pop() {
  if (depth_ == 0) return Errno::perm;
  held_[--depth_].reset();
  return Errno::success;
}

Errno Walk::push(UniqueFd directory) {
  if (depth_ == kMaxDepth) return Errno::nametoolong;
  held_[depth_++] = std::move(directory);
  return Errno::success;
}

// What an open descriptor is; perm if it lies on another mount than the root.
ErrnoOr<FdKind> Walk::examine(int fd) const {
  auto kind = fd_kind(fd);
  if (kind && kind->mount != mount_) return err(Errno::perm);
  return kind;
}

// Goes into the directory `name`, or into the one the link `name` means.
Errno Walk::enter(const char* name) {
  // Without O_DIRECTORY, so that a link is opened too and what is read is this link's target and
  // not that of one put in its place.
  UniqueFd fd(::openat(top(), name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) return last_errno();
  const auto kind = examine(fd.get());
  if (!kind) return kind.error();
  if (S_ISDIR(kind->mode)) return push(std::move(fd));
  if (!S_ISLNK(kind->mode)) return Errno::notdir;
  // The slash says that the target has to be a directory even where nothing follows.
  rest_.insert(0, 1, '/');
  return expand(fd.get());
}

// Puts the target of the open link `link` before the rest of the path.
Errno Walk::expand(int link) {
  if (++links_ > kMaxLinks || may_be_magic(link)) return Errno::loop;
  std::array<char, kMaxPath + 1> target;
  const ssize_t size = ::readlinkat(link, "", target.data(), target.size());
  if (size < 0) return last_errno();
  if (size == 0) return Errno::noent;
  if (static_cast<std::size_t>(size) == target.size()) return Errno::nametoolong;
  if (target.front() == '/') return Errno::perm;
  rest_.insert(0, target.data(), static_cast<std::size_t>(size));
  return Errno::success;
}

ErrnoOr<std::optional<UniqueFd>> Walk::open_last(const char* name) {
  for (int i = 0; i < kMaxTries; ++i) {
    if (follows_last()) {
      const auto expanded = expand_if_link(name);
      if (!expanded) return err(expanded.error());
      if (*expanded) return std::nullopt;
    }
    auto fd = open_plain(name);
    if (fd) return std::move(*fd);
    // A link took the place of what was no link a moment ago: look again.
    if (fd.error() != Errno::loop || !follows_last()) return err(fd.error());
  }
  return err(Errno::again);
}

ErrnoOr<bool> Walk::expand_if_link(const char* name) {
  const UniqueFd fd(::openat(top(), name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ENOENT && has(O_CREAT)) return false;
    return err(last_errno());
  }
  const auto kind = examine(fd.get());
  if (!kind) return err(kind.error());
  if (!S_ISLNK(kind->mode)) return false;
  const Errno expanded = expand(fd.get());
  if (expanded != Errno::success) return err(expanded);
  return true;
}

// One openat() with one component that is not followed. O_TRUNC is kept back until the mount has
// been compared: the kernel would empty a file that is mounted over the name.
ErrnoOr<UniqueFd> Walk::open_plain(const char* name) const {
  UniqueFd fd(::openat(top(), name, (flags_ & ~O_TRUNC) | O_NOFOLLOW, mode_));
  if (!fd.valid()) return err(last_errno());
  const auto kind = examine(fd.get());
  if (!kind) return err(kind.error());
  if (has(O_TRUNC) && S_ISREG(kind->mode) && ::ftruncate(fd.get(), 0) != 0) {
    return err(last_errno());
  }
  return fd;
}

// The path ended in "..", "." or a slash: the directory reached is what was asked for.
ErrnoOr<UniqueFd> Walk::open_top() const {
  if (has(O_CREAT)) return err(has(O_EXCL) ? Errno::exist : Errno::isdir);
  UniqueFd fd(::openat(top(), ".", flags_));
  if (!fd.valid()) return err(last_errno());
  return fd;
}

class WalkResolver final : public Resolver {
 public:
  ErrnoOr<UniqueFd> open(int dirfd, const char* path, int flags, mode_t mode) const override {
    return Walk(dirfd, path, flags, mode).run();
  }
};

}  // namespace

std::unique_ptr<Resolver> make_walk_resolver() {
  return std::make_unique<WalkResolver>();
}

}  // namespace midimon::vfs
