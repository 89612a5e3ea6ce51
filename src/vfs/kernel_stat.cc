#include "vfs/kernel_stat.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <chrono>

#include "base/system_call.h"

namespace midimon::vfs {
namespace {

template <typename Time>  // timespec or statx_timestamp
Nanos to_nanos(const Time& time) {
  return std::chrono::seconds(time.tv_sec) + Nanos(time.tv_nsec);
}

Stat to_stat(const struct stat& info) {
  return {info.st_dev,
          info.st_ino,
          file_type(info.st_mode),
          info.st_nlink,
          static_cast<std::uint64_t>(info.st_size),
          to_nanos(info.st_atim),
          to_nanos(info.st_mtim),
          to_nanos(info.st_ctim)};
}

Stat to_stat(const struct statx& info) {
  return {makedev(info.stx_dev_major, info.stx_dev_minor),
          info.stx_ino,
          file_type(info.stx_mode),
          info.stx_nlink,
          info.stx_size,
          to_nanos(info.stx_atime),
          to_nanos(info.stx_mtime),
          to_nanos(info.stx_ctime)};
}

// statx rather than fstatat: it alone tells a bind mount of the same file system, where st_dev does
// not differ.
Errno statx_name(int dirfd, const char* name, struct statx& info) {
  constexpr int kFlags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  if (::statx(dirfd, name, kFlags, STATX_BASIC_STATS, &info) != 0) return last_errno();
  if ((info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0) {
    return (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 ? Errno::perm : Errno::success;
  }
  // Before Linux 5.8 there is only the device to compare.
  struct stat directory {};
  const Errno done = stat_fd(dirfd, directory);
  if (done != Errno::success) return done;
  const dev_t device = makedev(info.stx_dev_major, info.stx_dev_minor);
  return device == directory.st_dev ? Errno::success : Errno::perm;
}

timespec to_timespec(const TimeChange& change) {
  if (std::holds_alternative<KeepTime>(change)) return {0, UTIME_OMIT};
  if (std::holds_alternative<TimeNow>(change)) return {0, UTIME_NOW};
  const Nanos time = std::get<Nanos>(change);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {static_cast<time_t>(seconds.count()), static_cast<long>((time - seconds).count())};
}

}  // namespace

FileType file_type(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return FileType::regular_file;
    case S_IFDIR:
      return FileType::directory;
    case S_IFLNK:
      return FileType::symbolic_link;
    case S_IFCHR:
      return FileType::character_device;
    case S_IFBLK:
      return FileType::block_device;
    default:
      return FileType::unknown;
  }
}

// glibc's fstat() asks newfstatat() with an empty path, which costs a tenth more. The kernel's
// struct is glibc's where long has 64 bits.
Errno stat_fd(int fd, struct stat& info) {
#if defined(SYS_fstat) && defined(__LP64__)
  const long result = system_call(SYS_fstat, fd, as_argument(&info));
  return result == 0 ? Errno::success : errno_from_posix(static_cast<int>(-result));
#else
  return ::fstat(fd, &info) == 0 ? Errno::success : last_errno();
#endif
}

ErrnoOr<Stat> stat_fd(int fd) {
  struct stat info;  // the kernel fills it
  const Errno done = stat_fd(fd, info);
  if (done != Errno::success) return err(done);
  return to_stat(info);
}

ErrnoOr<Stat> stat_name(int dirfd, const char* name) {
  struct statx info {};
  const Errno done = statx_name(dirfd, name, info);
  if (done != Errno::success) return err(done);
  return to_stat(info);
}

ErrnoOr<mode_t> mode_of_name(int dirfd, const char* name) {
  struct statx info {};
  const Errno done = statx_name(dirfd, name, info);
  if (done != Errno::success) return err(done);
  return mode_t{info.stx_mode};
}

ErrnoOr<FdKind> fd_kind(int fd) {
  struct statx info {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MNT_ID, &info) != 0) {
    return err(last_errno());
  }
  // The mount's number where the kernel tells it (Linux 5.8), else the device's: the latter does
  // not tell a bind mount of the same file system, and is all there is.
  const bool told = (info.stx_mask & STATX_MNT_ID) != 0;
  const std::uint64_t device = makedev(info.stx_dev_major, info.stx_dev_minor);
  return FdKind{info.stx_mode, told ? info.stx_mnt_id : device};
}

std::array<timespec, 2> to_timespecs(const TimeChanges& times) {
  return {to_timespec(times.accessed), to_timespec(times.modified)};
}

}  // namespace midimon::vfs
