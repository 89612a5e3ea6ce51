// The calls of DiskDirectory that change names. The kernel has no RESOLVE flags for them: the
// parent is resolved, then one *at() call gets exactly one component, which it does not follow.
//
// A slash at the end never reaches such a call, because the kernel would follow a link for it. That
// the name is a directory is checked here instead. Whoever swaps the name between the check and the
// call gains what the path without the slash would have given him.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "vfs/disk_directory.h"
#include "vfs/kernel_stat.h"

namespace midimon::vfs {
namespace {

Errno from_result(int result) {
  return result == 0 ? Errno::success : last_errno();
}

Errno require_directory(int dirfd, const char* name) {
  const auto mode = mode_of_name(dirfd, name);
  if (!mode) return mode.error();
  return S_ISDIR(*mode) ? Errno::success : Errno::notdir;
}

bool is_removed(int dirfd) {
  struct stat info;  // the kernel fills it
  return stat_fd(dirfd, info) == Errno::success && info.st_nlink == 0;
}

// Why no link can be made with a name that ends in a slash.
Errno refuse_slash(int dirfd, const char* name) {
  const Errno found = require_directory(dirfd, name);
  return found == Errno::success ? Errno::exist : found;
}

// Gives the new directory `name` the owner's bits that the umask took. Through a descriptor: chmod
// by name would follow a link put in its place. What could be put there instead is another
// directory of the same plugin, for which 0700 is right too.
void make_owner_only(int dirfd, const char* name, mode_t wanted) {
  const auto mode = mode_of_name(dirfd, name);
  if (!mode || (*mode & 0777U) == wanted) return;
  const UniqueFd fd(::openat(dirfd, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return;
  // fchmod() refuses O_PATH, and to open it otherwise would need the bits that are missing.
  const std::string self = "/proc/self/fd/" + std::to_string(fd.get());
  (void)::chmod(self.c_str(), wanted);
}

Errno check_target(std::string_view target) {
  if (target.empty()) return Errno::noent;
  if (target.size() > kMaxPath) return Errno::nametoolong;
  if (target.find('\0') != std::string_view::npos) return Errno::inval;
  if (target.front() == '/') return Errno::perm;
  return is_utf8(target) ? Errno::success : Errno::ilseq;
}

}  // namespace

Errno DiskDirectory::create_directory(const Path& path) {
  if (path.has_no_name()) return without_name(path, Errno::exist);
  const auto at = spot(path);
  if (!at) return at.error();
  if (::mkdirat(at->dirfd, at->name, tree_->directory_mode()) != 0) return last_errno();
  if (tree_->owner_only) make_owner_only(at->dirfd, at->name, tree_->directory_mode());
  return Errno::success;
}

Errno DiskDirectory::remove_directory(const Path& path) {
  if (path.has_no_name()) return without_name(path, Errno::inval);
  const auto at = spot(path);
  if (!at) return at.error();
  return from_result(::unlinkat(at->dirfd, at->name, AT_REMOVEDIR));
}

Errno DiskDirectory::unlink_file(const Path& path) {
  if (path.has_no_name()) return without_name(path, Errno::isdir);
  const auto at = spot(path);
  if (!at) return at.error();
  if (path.must_be_directory()) {
    const Errno found = require_directory(at->dirfd, at->name);
    return found == Errno::success ? Errno::isdir : found;
  }
  return from_result(::unlinkat(at->dirfd, at->name, 0));
}

Errno DiskDirectory::rename(const Path& from, Directory& to, const Path& name) {
  if (to.mount() == nullptr) return Errno::perm;
  if (to.mount() != mount()) return Errno::xdev;
  // Only directories of this tree, and wrappers around them, answer with this tree's address.
  return rename_to(from, static_cast<const DiskDirectory&>(to.bottom()), name);
}

Errno DiskDirectory::rename_to(const Path& from, const DiskDirectory& to, const Path& name) const {
  if (from.has_no_name()) return without_name(from, Errno::busy);
  const auto source = spot(from);
  if (!source) return source.error();
  if (name.has_no_name()) return to.without_name(name, Errno::busy);
  const auto target = to.spot(name);
  if (!target) return target.error();
  if (from.must_be_directory() || name.must_be_directory()) {
    const Errno found = require_directory(source->dirfd, source->name);
    // The kernel finds out about a directory that has been removed before it looks at slashes.
    if (found == Errno::notdir && is_removed(target->dirfd)) return Errno::noent;
    if (found != Errno::success) return found;
  }
  return from_result(::renameat(source->dirfd, source->name, target->dirfd, target->name));
}

Errno DiskDirectory::link(const Path& existing, Directory& to, const Path& name) {
  if (to.mount() == nullptr) return Errno::perm;
  if (to.mount() != mount()) return Errno::xdev;
  return link_to(existing, static_cast<const DiskDirectory&>(to.bottom()), name);
}

Errno DiskDirectory::link_to(const Path& existing, const DiskDirectory& to,
                             const Path& name) const {
  if (existing.must_be_directory()) return link_directory(existing, to, name);
  const auto source = spot(existing);
  if (!source) return source.error();
  const auto found = mode_of_name(source->dirfd, source->name);
  if (!found) return found.error();
  if (name.has_no_name()) return to.without_name(name, Errno::exist);
  const auto target = to.spot(name);
  if (!target) return target.error();
  if (name.must_be_directory()) return refuse_slash(target->dirfd, target->name);
  // Without AT_SYMLINK_FOLLOW: a link is linked itself.
  return from_result(::linkat(source->dirfd, source->name, target->dirfd, target->name, 0));
}

// `existing` ends in a slash, or has no name: if it is there it is a directory, which cannot be
// linked, and all that is left to find out is which refusal the kernel would choose.
Errno DiskDirectory::link_directory(const Path& existing, const DiskDirectory& to,
                                    const Path& name) const {
  const Errno found = without_name(existing, Errno::success);
  if (found != Errno::success) return found;
  if (name.has_no_name()) return to.without_name(name, Errno::exist);
  const auto target = to.spot(name);
  if (!target) return target.error();
  if (name.must_be_directory()) return refuse_slash(target->dirfd, target->name);
  const auto mode = mode_of_name(target->dirfd, target->name);
  if (mode) return Errno::exist;
  return mode.error() == Errno::noent ? Errno::perm : mode.error();
}

Errno DiskDirectory::symlink(std::string_view target, const Path& name) {
  const Errno checked = check_target(target);
  if (checked != Errno::success) return checked;
  if (name.has_no_name()) return without_name(name, Errno::exist);
  const auto at = spot(name);
  if (!at) return at.error();
  if (name.must_be_directory()) return refuse_slash(at->dirfd, at->name);
  Path::Buffer text;
  std::memcpy(text.data(), target.data(), target.size());
  text[target.size()] = '\0';
  return from_result(::symlinkat(text.data(), at->dirfd, at->name));
}

}  // namespace midimon::vfs
