// The DiskDirectory class is an open directory of the host, and all that is done by path in it.
#pragma once

#include <memory>
#include <utility>

#include "base/unique_fd.h"
#include "vfs/disk.h"
#include "vfs/file_system.h"
#include "vfs/resolver.h"

namespace midimon::vfs {

// What all directories opened from one open_disk() share; its address is the mount's identity.
struct DiskTree {
  std::unique_ptr<Resolver> resolver;
  bool owner_only = false;

  [[nodiscard]] mode_t file_mode() const { return owner_only ? 0600 : 0666; }
  [[nodiscard]] mode_t directory_mode() const { return owner_only ? 0700 : 0777; }
};

// Owns its descriptor. Thread-safe: it holds nothing that changes.
class DiskDirectory final : public Directory {
 public:
  DiskDirectory(std::shared_ptr<const DiskTree> tree, UniqueFd fd)
      : tree_(std::move(tree)), fd_(std::move(fd)) {}

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
  // Where a name is to be made, changed or removed: exactly one component in an open directory.
  struct Spot {
    int dirfd = -1;
    const char* name = nullptr;  // of the Path
    UniqueFd owned;              // what dirfd is, unless that is this directory
  };

  [[nodiscard]] ErrnoOr<UniqueFd> resolve(const Path& path, int flags) const;
  // For a path that has a name.
  [[nodiscard]] ErrnoOr<Spot> spot(const Path& path) const;
  // For a path that has none ("." or "a/.."): `answer` if the directory exists, else why not.
  [[nodiscard]] Errno without_name(const Path& path, Errno answer) const;
  [[nodiscard]] ErrnoOr<UniqueFd> resolve_open(const Path& path, const OpenOptions& options) const;
  [[nodiscard]] ErrnoOr<UniqueFd> open_or_make(const Path& path, const OpenOptions& options) const;
  [[nodiscard]] Errno refuse_to_create(const Path& path, bool exclusive) const;
  [[nodiscard]] ErrnoOr<Node> adopt(UniqueFd fd, bool created) const;

  Errno rename_to(const Path& from, const DiskDirectory& to, const Path& name) const;
  Errno link_to(const Path& existing, const DiskDirectory& to, const Path& name) const;
  Errno link_directory(const Path& existing, const DiskDirectory& to, const Path& name) const;

  std::shared_ptr<const DiskTree> tree_;
  UniqueFd fd_;
};

}  // namespace midimon::vfs
