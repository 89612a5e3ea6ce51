// The MemoryFile class is an open file of the file system in memory.
#pragma once

#include <memory>
#include <utility>

#include "vfs/file_system.h"
#include "vfs/memory_tree.h"

namespace midimon::vfs {

// Shares its inode: the contents stay while it is open, with a name or without. Thread-safe.
class MemoryFile final : public File {
 public:
  MemoryFile(std::shared_ptr<MemoryTree> tree, InodePtr node, bool readable, bool writable)
      : tree_(std::move(tree)), node_(std::move(node)), readable_(readable), writable_(writable) {}

  ErrnoOr<std::size_t> read_at(std::span<const iovec> buffers, std::uint64_t offset) override;
  ErrnoOr<std::size_t> write_at(std::span<const iovec> buffers, std::uint64_t offset) override;
  ErrnoOr<std::size_t> append(std::span<const iovec> buffers) override;
  ErrnoOr<std::uint64_t> append_end() override;
  ErrnoOr<Stat> stat() override;
  Errno set_size(std::uint64_t size) override;
  Errno allocate(std::uint64_t offset, std::uint64_t length) override;
  Errno advise(std::uint64_t offset, std::uint64_t length, Advice advice) override;
  Errno set_times(const TimeChanges& times) override;
  Errno sync(bool data_only) override;

 private:
  // With the lock held.
  ErrnoOr<std::size_t> write(std::span<const iovec> buffers, std::uint64_t offset);

  std::shared_ptr<MemoryTree> tree_;  // before node_, so that it is destroyed after it
  InodePtr node_;
  const bool readable_;
  const bool writable_;
  std::uint64_t append_end_ = 0;  // guarded by the tree's lock
};

}  // namespace midimon::vfs
