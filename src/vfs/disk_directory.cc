#include "vfs/disk_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "vfs/disk_file.h"
#include "vfs/disk_listing.h"
#include "vfs/kernel_stat.h"

namespace midimon::vfs {
namespace {

constexpr int kAlways = O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

// A slash at the end makes the kernel follow a link, and so do we.
bool follows(const Path& path, bool follow) {
  return follow || path.must_be_directory();
}

int lookup_flags(const Path& path, bool follow) {
  return (follows(path, follow) ? 0 : O_NOFOLLOW) | (path.must_be_directory() ? O_DIRECTORY : 0);
}

int open_flags(const Path& path, const OpenOptions& options) {
  int flags = kAlways | lookup_flags(path, options.follow);
  // Read-only also where neither is asked for: O_PATH would answer to less than a File promises.
  if (options.write) flags |= options.read ? O_RDWR : O_WRONLY;
  if (options.create) flags |= O_CREAT;
  if (options.exclusive) flags |= O_EXCL;
  if (options.truncate) flags |= O_TRUNC;
  if (options.directory) flags |= O_DIRECTORY;
  return flags;
}

}  // namespace

// Only to know what is there. openat2 refuses O_PATH together with flags that mean nothing to it.
ErrnoOr<UniqueFd> DiskDirectory::resolve(const Path& path, int flags) const {
  return tree_->resolver->open(fd_.get(), path.c_str(), flags | O_PATH, 0);
}

ErrnoOr<DiskDirectory::Spot> DiskDirectory::spot(const Path& path) const {
  if (path.is_single_name()) return Spot{fd_.get(), path.name_c_str(), UniqueFd()};
  Path::Buffer buffer;
  const char* const parent = path.parent(buffer);
  auto fd = tree_->resolver->open(fd_.get(), parent, O_PATH | O_DIRECTORY, 0);
  if (!fd) return err(fd.error());
  const int dirfd = fd->get();
  return Spot{dirfd, path.name_c_str(), std::move(*fd)};
}

Errno DiskDirectory::without_name(const Path& path, Errno answer) const {
  const auto fd = resolve(path, O_DIRECTORY);
  return fd ? answer : fd.error();
}

ErrnoOr<Node> DiskDirectory::open(const Path& path, const OpenOptions& options) {
  if (!is_consistent(options)) return err(Errno::inval);
  if (options.create && path.must_be_directory()) {
    return err(refuse_to_create(path, options.exclusive));
  }
  auto fd = options.create && options.made != nullptr ? open_or_make(path, options)
                                                      : resolve_open(path, options);
  if (!fd) return err(fd.error());
  return adopt(std::move(*fd), options.create);
}

// The kernel does not tell whether O_CREAT made something, but O_EXCL makes or fails. What is to be
// emptied is more often new than what is to be extended, and is made first.
ErrnoOr<UniqueFd> DiskDirectory::open_or_make(const Path& path, const OpenOptions& options) const {
  OpenOptions attempt = options;
  attempt.exclusive = options.exclusive || options.truncate;
  // Somebody who makes and removes the file all the while, or a link that leads to nothing, which
  // is there to O_EXCL and to no other, is left after some turns to a plain O_CREAT.
  constexpr int kTurns = 4;
  for (int turn = 0; turn < kTurns; ++turn) {
    attempt.create = attempt.exclusive;
    auto fd = resolve_open(path, attempt);
    *options.made = attempt.exclusive;
    const Errno otherwise = attempt.exclusive ? Errno::exist : Errno::noent;
    if (fd || fd.error() != otherwise || options.exclusive) return fd;
    attempt.exclusive = !attempt.exclusive;
  }
  *options.made = true;
  return resolve_open(path, options);
}

ErrnoOr<UniqueFd> DiskDirectory::resolve_open(const Path& path, const OpenOptions& options) const {
  return tree_->resolver->open(fd_.get(), path.c_str(), open_flags(path, options),
                               options.create ? tree_->file_mode() : 0);
}

// Why a path that means a directory cannot be created by opening it.
Errno DiskDirectory::refuse_to_create(const Path& path, bool exclusive) const {
  if (path.has_no_name()) return without_name(path, exclusive ? Errno::exist : Errno::isdir);
  const auto at = spot(path);
  if (!at) return at.error();
  const auto mode = mode_of_name(at->dirfd, at->name);
  Errno found = mode ? Errno::notdir : mode.error();
  if (mode && S_ISDIR(*mode)) found = Errno::isdir;
  if (mode && S_ISLNK(*mode)) found = without_name(path, Errno::isdir);
  return found == Errno::noent ? Errno::isdir : found;
}

// Makes a File or a Directory of what was opened; anything else is closed and refused. A FIFO was
// opened with O_NONBLOCK, so getting here took no time.
ErrnoOr<Node> DiskDirectory::adopt(UniqueFd fd, bool created) const {
  struct stat info;  // the kernel fills it
  const Errno known = stat_fd(fd.get(), info);
  if (known != Errno::success) return err(known);
  if (S_ISDIR(info.st_mode)) {
    return Node(std::make_unique<DiskDirectory>(tree_, std::move(fd)));
  }
  if (!S_ISREG(info.st_mode)) return err(Errno::nxio);
  if (created && tree_->owner_only && (info.st_mode & 0777U) != tree_->file_mode()) {
    // Fails only on what others own, which is therefore not what has just been made.
    (void)::fchmod(fd.get(), tree_->file_mode());
  }
  return Node(std::make_unique<DiskFile>(std::move(fd)));
}

ErrnoOr<Stat> DiskDirectory::stat(const Path& path, bool follow) {
  if (path.is_self()) return stat();
  if (path.is_single_name()) {
    const auto info = stat_name(fd_.get(), path.name_c_str());
    if (!info) return err(info.error());
    if (info->type != FileType::symbolic_link || !follows(path, follow)) {
      if (path.must_be_directory() && info->type != FileType::directory) return err(Errno::notdir);
      return info;
    }
  }
  const auto fd = resolve(path, lookup_flags(path, follow));
  if (!fd) return err(fd.error());
  return stat_fd(fd->get());
}

// By descriptor, so that the resolver has the last word: utimensat() with a name would reach a file
// mounted over it.
Errno DiskDirectory::set_times(const Path& path, bool follow, const TimeChanges& times) {
  if (path.is_self()) return set_times(times);
  const auto fd = resolve(path, lookup_flags(path, follow));
  if (!fd) return fd.error();
  if (::utimensat(fd->get(), "", to_timespecs(times).data(), AT_EMPTY_PATH) == 0) {
    return Errno::success;
  }
  const Errno error = last_errno();
  return error == Errno::inval ? Errno::notsup : error;  // the flag is new in Linux 5.8
}

ErrnoOr<std::string> DiskDirectory::read_link(const Path& path) {
  if (path.must_be_directory()) return err(without_name(path, Errno::inval));
  const auto at = spot(path);
  if (!at) return err(at.error());
  std::array<char, kMaxPath + 1> target;
  const ssize_t size = ::readlinkat(at->dirfd, at->name, target.data(), target.size());
  if (size < 0) return err(last_errno());
  const std::string_view text(target.data(), static_cast<std::size_t>(size));
  if (text.size() == target.size()) return err(Errno::nametoolong);
  // Such a link was made on the host. It leads nowhere here, and its text would tell the guest how
  // the host's directories are called.
  if (text.starts_with('/')) return err(Errno::perm);
  if (!is_utf8(text)) return err(Errno::ilseq);
  return std::string(text);
}

ErrnoOr<std::unique_ptr<Listing>> DiskDirectory::list() {
  // A description of its own, because the position in the directory belongs to it. "." of an open
  // directory is the directory itself: there is nothing to resolve.
  UniqueFd fd(::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | kAlways));
  if (!fd.valid()) return err(last_errno());
  return std::make_unique<DiskListing>(std::move(fd));
}

ErrnoOr<Stat> DiskDirectory::stat() {
  return stat_fd(fd_.get());
}

Errno DiskDirectory::set_times(const TimeChanges& times) {
  return ::futimens(fd_.get(), to_timespecs(times).data()) == 0 ? Errno::success : last_errno();
}

Errno DiskDirectory::sync(bool data_only) {
  const int done = data_only ? ::fdatasync(fd_.get()) : ::fsync(fd_.get());
  return done == 0 ? Errno::success : last_errno();
}

}  // namespace midimon::vfs
