#include "vfs/disk_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdint>

#include "vfs/kernel_stat.h"

namespace midimon::vfs {
namespace {

constexpr std::uint64_t kMaxOffset = INT64_MAX;  // off_t

Errno from_result(int result) {
  return result == 0 ? Errno::success : last_errno();
}

// Sees to it that a list longer than the kernel takes at once (IOV_MAX) is served as a whole.
// `move(buffers, offset)` is one system call.
template <typename Move>
ErrnoOr<std::size_t> in_chunks(std::span<const iovec> buffers, std::uint64_t offset, Move move) {
  std::size_t total = 0;
  while (!buffers.empty()) {
    const auto chunk = buffers.first(std::min<std::size_t>(buffers.size(), IOV_MAX));
    buffers = buffers.subspan(chunk.size());
    const ssize_t moved = move(chunk, static_cast<off_t>(offset + total));
    if (moved < 0) {
      if (total > 0) break;  // what has been moved counts; the error will come again
      return err(last_errno());
    }
    std::size_t asked = 0;
    for (const iovec& buffer : chunk)
      asked += buffer.iov_len;
    total += static_cast<std::size_t>(moved);
    if (static_cast<std::size_t>(moved) < asked || total > kMaxOffset - offset) break;
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
    const ssize_t got = ::pread(fd_.get(), buffers[0].iov_base, buffers[0].iov_len, at);
    if (got < 0) return err(last_errno());
    return static_cast<std::size_t>(got);
  }
  return in_chunks(buffers, offset, [this](std::span<const iovec> chunk, off_t at) {
    return ::preadv(fd_.get(), chunk.data(), static_cast<int>(chunk.size()), at);
  });
}

ErrnoOr<std::size_t> DiskFile::write_at(std::span<const iovec> buffers, std::uint64_t offset) {
  if (offset > kMaxOffset) return err(Errno::inval);
  if (buffers.size() == 1) {
    const auto at = static_cast<off_t>(offset);
    const ssize_t put = ::pwrite(fd_.get(), buffers[0].iov_base, buffers[0].iov_len, at);
    if (put < 0) return err(last_errno());
    return static_cast<std::size_t>(put);
  }
  return in_chunks(buffers, offset, [this](std::span<const iovec> chunk, off_t at) {
    return ::pwritev(fd_.get(), chunk.data(), static_cast<int>(chunk.size()), at);
  });
}

// RWF_APPEND makes this one write go to the end, under the inode's lock, so that two appenders
// never overwrite each other; O_APPEND on the descriptor would do so too, but would turn every
// pwrite() into an append. Offset -1 stands for the descriptor's own position, which nothing else
// here touches: the kernel leaves it where this write ended, while a fstat() could already see the
// next append of somebody else.
ErrnoOr<Appended> DiskFile::append(std::span<const iovec> buffers) {
  const std::lock_guard lock(appending_);
  const auto put = in_chunks(buffers, 0, [this](std::span<const iovec> chunk, off_t) -> ssize_t {
    return ::pwritev2(fd_.get(), chunk.data(), static_cast<int>(chunk.size()), -1, RWF_APPEND);
  });
  if (!put) return err(put.error());
  if (*put > 0) {
    const off_t end = ::lseek(fd_.get(), 0, SEEK_CUR);
    if (end < 0) return err(last_errno());
    return Appended{*put, static_cast<std::uint64_t>(end)};
  }
  const auto now = stat();  // a write of nothing does not move the position
  if (!now) return err(now.error());
  return Appended{0, now->size};
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
