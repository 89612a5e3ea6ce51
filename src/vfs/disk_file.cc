#include "vfs/disk_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdint>

#include "base/system_call.h"
#include "vfs/kernel_stat.h"

namespace midimon::vfs {
namespace {

constexpr std::uint64_t kMaxOffset = INT64_MAX;  // off_t

Errno from_result(int result) {
  return result == 0 ? Errno::success : last_errno();
}

// What a system call that moves bytes answered.
ErrnoOr<std::size_t> moved_bytes(long result) {
  if (result < 0) return err(errno_from_posix(static_cast<int>(-result)));
  return static_cast<std::size_t>(result);
}

// Sees to it that a list longer than the kernel takes at once (IOV_MAX) is served as a whole.
// `move(buffers, offset)` is one system call and answers as the kernel does.
template <typename Move>
ErrnoOr<std::size_t> in_chunks(std::span<const iovec> buffers, std::uint64_t offset, Move move) {
  std::size_t total = 0;
  while (!buffers.empty()) {
    const auto chunk = buffers.first(std::min<std::size_t>(buffers.size(), IOV_MAX));
    buffers = buffers.subspan(chunk.size());
    const auto moved = moved_bytes(move(chunk, static_cast<off_t>(offset + total)));
    if (!moved && total == 0) return moved;
    if (!moved) break;  // what has been moved counts; the error will come again
    std::size_t asked = 0;
    for (const iovec& buffer : chunk)
      asked += buffer.iov_len;
    total += *moved;
    if (*moved < asked || total > kMaxOffset - offset) break;
  }
  return total;
}

int to_posix(Advice advice) {
  switch (advice) {
    case Advice::normal:
      return POSIX_FADV_NORMAL;
    case Advice::sequential:
      return POSIX_FADV_SEQUENTIAL;
    case Advice::random:
      return POSIX_FADV_RANDOM;
    case Advice::willneed:
      return POSIX_FADV_WILLNEED;
    case Advice::dontneed:
      return POSIX_FADV_DONTNEED;
    case Advice::noreuse:
      return POSIX_FADV_NOREUSE;
  }
  return POSIX_FADV_NORMAL;
}

}  // namespace

ErrnoOr<std::size_t> DiskFile::read_at(std::span<const iovec> buffers, std::uint64_t offset) {
  if (offset > kMaxOffset) return err(Errno::inval);
  if (buffers.size() == 1) {
    const auto at = static_cast<off_t>(offset);
    return moved_bytes(system_call(SYS_pread64, fd_.get(), as_argument(buffers[0].iov_base),
                                   static_cast<long>(buffers[0].iov_len), at));
  }
  return in_chunks(buffers, offset, [this](std::span<const iovec> chunk, off_t at) {
    return system_call(SYS_preadv, fd_.get(), as_argument(chunk.data()),
                       static_cast<long>(chunk.size()), at);
  });
}

ErrnoOr<std::size_t> DiskFile::write_at(std::span<const iovec> buffers, std::uint64_t offset) {
  if (offset > kMaxOffset) return err(Errno::inval);
  if (appends_) [[unlikely]] {
    const Errno set = set_appends(false);
    if (set != Errno::success) return err(set);
  }
  if (buffers.size() == 1) {
    const auto at = static_cast<off_t>(offset);
    return moved_bytes(system_call(SYS_pwrite64, fd_.get(), as_argument(buffers[0].iov_base),
                                   static_cast<long>(buffers[0].iov_len), at));
  }
  return in_chunks(buffers, offset, [this](std::span<const iovec> chunk, off_t at) {
    return system_call(SYS_pwritev, fd_.get(), as_argument(chunk.data()),
                       static_cast<long>(chunk.size()), at);
  });
}

// O_APPEND makes a write go to the end, under the inode's lock, so that two appenders never
// overwrite each other; the kernel leaves the position, which nothing else here touches, where this
// write ended. RWF_APPEND would need no flag on the descriptor, and 100 ns more.
ErrnoOr<std::size_t> DiskFile::append(std::span<const iovec> buffers) {
  if (!appends_) {
    const Errno set = set_appends(true);
    if (set != Errno::success) return err(set);
  }
  if (buffers.size() == 1) {
    return moved_bytes(system_call(SYS_write, fd_.get(), as_argument(buffers[0].iov_base),
                                   static_cast<long>(buffers[0].iov_len)));
  }
  return in_chunks(buffers, 0, [this](std::span<const iovec> chunk, off_t) {
    return system_call(SYS_writev, fd_.get(), as_argument(chunk.data()),
                       static_cast<long>(chunk.size()));
  });
}

// With O_APPEND every pwrite() appends, so that the flag follows what the file is used for.
Errno DiskFile::set_appends(bool appends) {
  const int flags = ::fcntl(fd_.get(), F_GETFL);
  if (flags < 0) return last_errno();
  const int wanted = appends ? flags | O_APPEND : flags & ~O_APPEND;
  if (::fcntl(fd_.get(), F_SETFL, wanted) != 0) return last_errno();
  appends_ = appends;
  return Errno::success;
}

ErrnoOr<std::uint64_t> DiskFile::append_end() {
  const off_t end = ::lseek(fd_.get(), 0, SEEK_CUR);
  if (end < 0) return err(last_errno());
  return static_cast<std::uint64_t>(end);
}

ErrnoOr<Stat> DiskFile::stat() {
  return stat_fd(fd_.get());
}

Errno DiskFile::set_size(std::uint64_t size) {
  if (size > kMaxOffset) return Errno::inval;
  return from_result(::ftruncate(fd_.get(), static_cast<off_t>(size)));
}

Errno DiskFile::allocate(std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return Errno::inval;
  if (offset > kMaxOffset || length > kMaxOffset - offset) return Errno::fbig;
  // Not posix_fallocate(): where the file system cannot, glibc would write to every block.
  return from_result(
      ::fallocate(fd_.get(), 0, static_cast<off_t>(offset), static_cast<off_t>(length)));
}

Errno DiskFile::advise(std::uint64_t offset, std::uint64_t length, Advice advice) {
  if (offset > kMaxOffset || length > kMaxOffset) return Errno::inval;
  return errno_from_posix(::posix_fadvise(fd_.get(), static_cast<off_t>(offset),
                                          static_cast<off_t>(length), to_posix(advice)));
}

Errno DiskFile::set_times(const TimeChanges& times) {
  return from_result(::futimens(fd_.get(), to_timespecs(times).data()));
}

Errno DiskFile::sync(bool data_only) {
  return from_result(data_only ? ::fdatasync(fd_.get()) : ::fsync(fd_.get()));
}

}  // namespace midimon::vfs
