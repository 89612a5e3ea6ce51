#include "vfs/memory_file.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <mutex>

namespace midimon::vfs {
namespace {

constexpr std::uint64_t kMaxOffset = INT64_MAX;  // as the kernel's

std::uint64_t total_size(std::span<const iovec> buffers) {
  std::uint64_t total = 0;
  for (const iovec& buffer : buffers)
    total += buffer.iov_len;
  return total;
}

}  // namespace

ErrnoOr<std::size_t> MemoryFile::read_at(std::span<const iovec> buffers, std::uint64_t offset) {
  if (offset > kMaxOffset) return err(Errno::inval);
  if (buffers.empty()) return 0;
  if (!readable_) return err(Errno::badf);
  const std::lock_guard lock(tree_->lock());
  std::size_t total = 0;
  for (const iovec& buffer : buffers) {
    const std::uint64_t at = offset + total;
    if (at >= node_->data.size()) break;
    const std::size_t count = std::min<std::size_t>(buffer.iov_len, node_->data.size() - at);
    if (count > 0) std::memcpy(buffer.iov_base, node_->data.data() + at, count);
    total += count;
  }
  return total;
}

ErrnoOr<std::size_t> MemoryFile::write_at(std::span<const iovec> buffers, std::uint64_t offset) {
  if (offset > kMaxOffset) return err(Errno::inval);
  if (buffers.empty()) return 0;
  if (!writable_) return err(Errno::badf);
  const std::lock_guard lock(tree_->lock());
  return write(buffers, offset);
}

ErrnoOr<std::size_t> MemoryFile::write(std::span<const iovec> buffers, std::uint64_t offset) {
  std::uint64_t count = total_size(buffers);
  if (count == 0) return 0;
  if (count > kMaxOffset - offset) return err(Errno::fbig);
  std::string& data = node_->data;
  const std::uint64_t old_size = data.size();
  if (offset + count > old_size) {
    // What there is room for: all the missing bytes, or the hole and some of ours, or nothing.
    const std::uint64_t taken = tree_->take(offset + count - old_size);
    const std::uint64_t end = old_size + taken;
    if (end <= offset) {
      tree_->give_back(taken);
      return err(Errno::nospc);
    }
    data.resize(end);
    count = std::min(count, end - offset);
  }
  std::uint64_t total = 0;
  for (const iovec& buffer : buffers) {
    const std::size_t part = std::min<std::size_t>(buffer.iov_len, count - total);
    if (part > 0) std::memcpy(data.data() + offset + total, buffer.iov_base, part);
    total += part;
  }
  node_->touch();
  return total;
}

ErrnoOr<std::size_t> MemoryFile::append(std::span<const iovec> buffers) {
  if (!writable_ && !buffers.empty()) return err(Errno::badf);
  const std::lock_guard lock(tree_->lock());
  const auto put = write(buffers, node_->data.size());
  if (put && *put > 0) append_end_ = node_->data.size();
  return put;
}

ErrnoOr<std::uint64_t> MemoryFile::append_end() {
  const std::lock_guard lock(tree_->lock());
  return append_end_;
}

ErrnoOr<Stat> MemoryFile::stat() {
  const std::lock_guard lock(tree_->lock());
  return node_->stat();
}

Errno MemoryFile::set_size(std::uint64_t size) {
  if (size > kMaxOffset || !writable_) return Errno::inval;
  const std::lock_guard lock(tree_->lock());
  const Errno done = node_->resize(size);
  if (done == Errno::success) node_->touch();
  return done;
}

Errno MemoryFile::allocate(std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return Errno::inval;
  if (offset > kMaxOffset || length > kMaxOffset - offset) return Errno::fbig;
  if (!writable_) return Errno::badf;
  const std::lock_guard lock(tree_->lock());
  return offset + length <= node_->data.size() ? Errno::success : node_->resize(offset + length);
}

Errno MemoryFile::advise(std::uint64_t offset, std::uint64_t length, Advice) {
  return offset > kMaxOffset || length > kMaxOffset ? Errno::inval : Errno::success;
}

Errno MemoryFile::set_times(const TimeChanges& times) {
  const std::lock_guard lock(tree_->lock());
  node_->set_times(times);
  return Errno::success;
}

Errno MemoryFile::sync(bool) {
  return Errno::success;
}

}  // namespace midimon::vfs
