// The QuotaFile class is an open file whose growth is charged to a ledger.
#pragma once

#include <memory>
#include <utility>

#include "vfs/quota_tree.h"

namespace midimon::vfs {

class QuotaFile final : public File {
 public:
  // `inode` is what tree->opened() gave for `file`. Owns `file`.
  QuotaFile(std::shared_ptr<QuotaTree> tree, std::unique_ptr<File> file, OpenInode& inode)
      : tree_(std::move(tree)), file_(std::move(file)), inode_(inode) {}
  ~QuotaFile() override;

  ErrnoOr<std::size_t> read_at(std::span<const iovec> buffers, std::uint64_t offset) override {
    return file_->read_at(buffers, offset);
  }
  ErrnoOr<std::size_t> write_at(std::span<const iovec> buffers, std::uint64_t offset) override;
  ErrnoOr<std::size_t> append(std::span<const iovec> buffers) override;
  ErrnoOr<std::uint64_t> append_end() override;
  ErrnoOr<Stat> stat() override { return file_->stat(); }
  Errno set_size(std::uint64_t size) override;
  Errno allocate(std::uint64_t offset, std::uint64_t length) override;
  Errno advise(std::uint64_t offset, std::uint64_t length, Advice advice) override {
    return file_->advise(offset, length, advice);
  }
  Errno set_times(const TimeChanges& times) override { return file_->set_times(times); }
  Errno sync(bool data_only) override { return file_->sync(data_only); }

 private:
  // The three below need the inode's lock, held exclusively.
  ErrnoOr<std::size_t> write_growing(std::span<const iovec> buffers, std::uint64_t offset);
  Errno reserve_to(std::uint64_t end);
  // Looks at the file's size and charges exactly that.
  void settle();

  std::shared_ptr<QuotaTree> tree_;
  std::unique_ptr<File> file_;
  OpenInode& inode_;
  std::uint64_t append_end_ = 0;  // guarded by the inode's lock
};

}  // namespace midimon::vfs
