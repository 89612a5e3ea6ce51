// The inodes of the file system in memory, and how a path is walked among them.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "vfs/file_system.h"

namespace midimon::vfs {

struct Inode;
using InodePtr = std::shared_ptr<Inode>;

// The MemoryTree class is what all inodes of one file system share. It owns the root, and whoever
// holds an inode holds the tree too, so that it goes last.
class MemoryTree {
 public:
  MemoryTree(const Clock& clock, std::uint64_t capacity);

  // To be held while any inode of the tree is looked at or changed.
  [[nodiscard]] std::mutex& lock() { return lock_; }
  [[nodiscard]] const InodePtr& root() const { return root_; }
  [[nodiscard]] Nanos now() const { return clock_.realtime(); }
  [[nodiscard]] std::uint64_t next_inode() { return ++last_inode_; }

  // How many of `wanted` more bytes there is room for, which are then taken.
  [[nodiscard]] std::uint64_t take(std::uint64_t wanted);
  // Needs no lock: a file's last owner may be anyone.
  void give_back(std::uint64_t bytes) { used_ -= bytes; }

 private:
  const Clock& clock_;
  const std::uint64_t capacity_;
  std::mutex lock_;
  std::uint64_t last_inode_ = 0;
  std::atomic<std::uint64_t> used_ = 0;
  InodePtr root_;  // last: inodes give their bytes back when they go
};

struct Inode {
  Inode(MemoryTree& of, FileType kind);
  Inode(const Inode&) = delete;
  Inode& operator=(const Inode&) = delete;
  ~Inode();

  [[nodiscard]] bool is_directory() const { return type == FileType::directory; }
  [[nodiscard]] bool is_link() const { return type == FileType::symbolic_link; }
  [[nodiscard]] InodePtr child(std::string_view name) const;
  [[nodiscard]] Stat stat() const;
  // Gives the bytes from the old size on the value 0. Answers nospc and changes nothing if there is
  // no room for all of them.
  [[nodiscard]] Errno resize(std::uint64_t size);
  void set_times(const TimeChanges& times);
  // The contents, or the names in it, have changed.
  void touch();

  // Puts `node` into this directory as `name`, or takes it out. Link counts are kept here, those of
  // directories as ext4 counts them: 2 and one more for each directory within.
  void attach(std::string_view name, const InodePtr& node);
  void detach(std::string_view name);

  MemoryTree& tree;
  const std::uint64_t number;
  const FileType type;
  std::uint64_t links = 0;  // 0: it has no name any more
  std::string data;         // of a file; the target of a link
  std::map<std::string, InodePtr, std::less<>> entries;
  const Inode* parent = nullptr;  // of a directory that has a name
  Nanos accessed;
  Nanos modified;
  Nanos changed;
};

// Where a walk ended: `node` is null where there is no `name` in `directory`. Where the path ended
// in "..", "." or a slash, `name` is empty and `node` the directory.
struct Walked {
  InodePtr directory;
  std::string name;
  InodePtr node;
};

// Walks `path`, which cannot leave `root`. A link at the end is followed if `follow`, or if a slash
// comes after it. `creating` a file refuses a target that ends in a slash (isdir), there or not.
// Errors: those of openat2(RESOLVE_BENEATH), with perm for leaving.
[[nodiscard]] ErrnoOr<Walked> walk(const InodePtr& root, std::string_view path, bool follow,
                                   bool creating = false);

// True if `directory` is `other` or lies somewhere above it.
[[nodiscard]] bool contains(const Inode& directory, const Inode& other);

}  // namespace midimon::vfs
