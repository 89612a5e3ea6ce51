// The MemoryDirectory class is an open directory of the file system in memory.
#pragma once

#include <memory>
#include <utility>

#include "vfs/file_system.h"
#include "vfs/memory_tree.h"

namespace midimon::vfs {

// Shares its inode: it stays open when the directory is removed. Thread-safe.
class MemoryDirectory final : public Directory {
 public:
  MemoryDirectory(std::shared_ptr<MemoryTree> tree, InodePtr node)
      : tree_(std::move(tree)), node_(std::move(node)) {}

  ErrnoOr<Node> open(const Path& path, const OpenOptions& options) override;
  ErrnoOr<Stat> stat(const Path& path, bool follow) override;
  Errno set_times(const Path& path, bool follow, const TimeChanges& times) override;
  Errno create_directory(const Path& path) override;
  Errno remove_directory(const Path& path) override;
  Errno unlink_file(const Path& path) override;
  Errno rename(const Path& from, Directory& to, const Path& name) override;
  Errno link(const Path& existing, Directory& to, const Path& name) override;
  Errno symlink(std::string_view target, const Path& name) override;
  ErrnoOr<std::string> read_link(const Path& path) override;

  ErrnoOr<std::unique_ptr<Listing>> list() override;
  ErrnoOr<Stat> stat() override;
  Errno set_times(const TimeChanges& times) override;
  Errno sync(bool data_only) override;
  [[nodiscard]] const void* mount() const override { return tree_.get(); }

 private:
  // All with the lock held.
  // What the path names, which has to exist.
  [[nodiscard]] ErrnoOr<InodePtr> find(const Path& path, bool follow) const;
  // The name to be made, changed or removed; a link is not followed, whatever comes after it.
  // `without_name` is the error for a path that has none, if its directory exists.
  [[nodiscard]] ErrnoOr<Walked> spot(const Path& path, Errno without_name) const;
  [[nodiscard]] ErrnoOr<Node> hand_out(const Walked& at, const OpenOptions& options) const;
  [[nodiscard]] ErrnoOr<Node> create_file(const Walked& at, const OpenOptions& options) const;
  [[nodiscard]] Errno refuse_to_create(const Path& path, bool exclusive) const;

  std::shared_ptr<MemoryTree> tree_;  // before node_, so that it is destroyed after it
  InodePtr node_;
};

}  // namespace midimon::vfs
