#include "vfs/quota_file.h"

#include <algorithm>
#include <climits>
#include <mutex>
#include <vector>

namespace midimon::vfs {
namespace {

constexpr std::uint64_t kMaxOffset = INT64_MAX;  // as the kernel's off_t

std::uint64_t total_of(std::span<const iovec> buffers) {
  std::uint64_t total = 0;
  for (const iovec& buffer : buffers)
    total += buffer.iov_len;
  return total;
}

// The first `bytes` bytes of `buffers`.
std::vector<iovec> first_bytes(std::span<const iovec> buffers, std::uint64_t bytes) {
  std::vector<iovec> kept;
  for (iovec buffer : buffers) {
    if (bytes == 0) break;
    buffer.iov_len = std::min<std::uint64_t>(buffer.iov_len, bytes);
    bytes -= buffer.iov_len;
    kept.push_back(buffer);
  }
  return kept;
}

void raise_to(std::atomic<std::uint64_t>& size, std::uint64_t at_least) {
  std::uint64_t now = size.load(std::memory_order_relaxed);
  while (now < at_least && !size.compare_exchange_weak(now, at_least, std::memory_order_relaxed)) {
  }
}

}  // namespace

QuotaFile::~QuotaFile() {
  const QuotaOperation operation(*tree_);
  const std::lock_guard lock(tree_->names);
  file_.reset();  // before it is uncharged, and before its number can stand for another file
  tree_->closed(inode_);
}

ErrnoOr<std::size_t> QuotaFile::write_at(std::span<const iovec> buffers, std::uint64_t offset) {
  const std::uint64_t total = total_of(buffers);
  if (total == 0 || offset > kMaxOffset) return file_->write_at(buffers, offset);
  const QuotaOperation operation(*tree_);
  {
    const std::shared_lock lock(inode_.mutex);
    if (offset + total <= inode_.charged) {
      const auto written = file_->write_at(buffers, offset);
      if (written) raise_to(inode_.size, offset + *written);
      return written;
    }
  }
  const std::unique_lock lock(inode_.mutex);
  return write_growing(buffers, offset);
}

ErrnoOr<std::size_t> QuotaFile::append(std::span<const iovec> buffers) {
  if (total_of(buffers) == 0) return 0;
  const QuotaOperation operation(*tree_);
  const std::unique_lock lock(inode_.mutex);
  const std::uint64_t end = inode_.size;
  const auto written = write_growing(buffers, end);
  if (written) append_end_ = end + *written;
  return written;
}

ErrnoOr<std::uint64_t> QuotaFile::append_end() {
  const std::shared_lock lock(inode_.mutex);
  return append_end_;
}

ErrnoOr<std::size_t> QuotaFile::write_growing(std::span<const iovec> buffers,
                                              std::uint64_t offset) {
  const std::uint64_t total = total_of(buffers);
  const std::uint64_t end = offset + total;
  const std::uint64_t before = inode_.charged;
  if (round_to_block(end) > before) {
    const auto granted = tree_->ledger().reserve_blocks(round_to_block(end) - before);
    if (!granted && offset >= before) return err(granted.error());
    inode_.charged += granted.value_or(0);
    if (offset >= inode_.charged) {  // what was granted does not even reach to where it begins
      settle();
      return err(Errno::dquot);
    }
  }
  const std::uint64_t room = inode_.charged - offset;
  const auto written = room < total ? file_->write_at(first_bytes(buffers, room), offset)
                                    : file_->write_at(buffers, offset);
  if (written && *written == std::min(room, total)) {
    raise_to(inode_.size, offset + *written);
    const std::uint64_t exact = round_to_block(inode_.size);
    if (exact < inode_.charged) {
      tree_->ledger().release({inode_.charged - exact, 0});
      inode_.charged = exact;
    }
  } else {
    settle();
  }
  return written;
}

Errno QuotaFile::reserve_to(std::uint64_t end) {
  const std::uint64_t wanted = round_to_block(end);
  if (wanted <= inode_.charged) return Errno::success;
  const Errno reserved = tree_->ledger().reserve({wanted - inode_.charged, 0});
  if (reserved == Errno::success) inode_.charged = wanted;
  return reserved;
}

void QuotaFile::settle() {
  const auto now = file_->stat();
  if (!now) return;  // it stays charged as it is, which is never too little
  inode_.size = now->size;
  const std::uint64_t exact = round_to_block(now->size);
  if (exact < inode_.charged) {
    tree_->ledger().release({inode_.charged - exact, 0});
  } else {
    tree_->ledger().charge({exact - inode_.charged, 0});
  }
  inode_.charged = exact;
}

Errno QuotaFile::set_size(std::uint64_t size) {
  const QuotaOperation operation(*tree_);
  const std::unique_lock lock(inode_.mutex);
  if (size > kMaxOffset) return file_->set_size(size);
  const Errno reserved = reserve_to(size);
  if (reserved != Errno::success) return reserved;
  const Errno done = file_->set_size(size);
  settle();
  return done;
}

Errno QuotaFile::allocate(std::uint64_t offset, std::uint64_t length) {
  const QuotaOperation operation(*tree_);
  const std::unique_lock lock(inode_.mutex);
  const bool sound = length > 0 && offset <= kMaxOffset && length <= kMaxOffset - offset;
  if (!sound) return file_->allocate(offset, length);
  const Errno reserved = reserve_to(offset + length);
  if (reserved != Errno::success) return reserved;
  const Errno done = file_->allocate(offset, length);
  settle();
  return done;
}

}  // namespace midimon::vfs
