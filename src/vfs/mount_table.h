// The MountTable class is the list of what a guest sees and where: each mount a directory, a guest
// path, and whether it may be changed. What contradicts itself is refused as it is added, with a
// sentence that says what to do.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "midimon/result.h"
#include "vfs/audited.h"
#include "vfs/disk.h"
#include "vfs/file_system.h"
#include "vfs/landlock.h"
#include "vfs/quota.h"

namespace midimon::vfs {

struct MountRequest {
  std::string host;   // a directory of the host, absolute or relative to the working directory
  std::string guest;  // "/", "/shared", "/a/b"
  bool read_only = false;
};

// Reads HOST::GUEST[:ro], as on the command line: "/srv/scenes::/scenes:ro", "data::/".
//
// The first "::" ends HOST. The mount is read-only exactly if the rest ends in ":ro"; since a guest
// path may hold no other ":", a mistyped ":RO" or ":r" is an error and never a writable mount.
[[nodiscard]] Result<MountRequest> parse_mount(std::string_view text);

// The first of `requests` whose host directory is the one that is open as `directory`, or holds it;
// null if none does.
[[nodiscard]] const MountRequest* find_mount_over(const std::vector<MountRequest>& requests,
                                                  int directory);

struct Mount {
  std::string guest;  // absolute, no slash at the end but for "/" itself
  bool read_only = false;
  std::unique_ptr<Directory> directory;  // wrapped with make_read_only where it should be
};

// Not thread-safe while mounts are added.
class MountTable {
 public:
  // Opens `request.host` and mounts it. It must exist, be a directory and not be a link (write what
  // the link resolves to instead), and must neither lie inside a directory mounted here already nor
  // hold one. The same directory may appear twice if the rights are the same.
  [[nodiscard]] Result<void> add(const MountRequest& request, const DiskOptions& options);

  // From now on add() refuses the directory `path`, what lies in it, and what holds it or would
  // hold it once it is made.
  void forbid(const std::string& path);

  // From now on what add() opens to be written is held by this process alone and charged to
  // `ledger`, and no directory is mounted twice: sizes are tracked once.
  void limit(std::shared_ptr<Ledger> ledger) { ledger_ = std::move(ledger); }

  // From now on what is mounted tells `source` of all that is done in it; its mount is the guest
  // path of each.
  void audit(AuditSource source) { audit_ = std::move(source); }

  // Mounts a directory that is open already, of any kind; only its guest path is checked.
  [[nodiscard]] Result<void> add(std::string_view guest, std::unique_ptr<Directory> directory,
                                 bool read_only);

  [[nodiscard]] const std::vector<Mount>& mounts() const { return mounts_; }

  // What Landlock must allow for the directories of the host that are mounted: nothing else. Error:
  // unsupported where the kernel has no Landlock that would do.
  [[nodiscard]] Result<LandlockRuleset> landlock_ruleset() const;

  // Adds to `ruleset` what it must allow for them.
  [[nodiscard]] Result<void> allow_in(LandlockRuleset& ruleset) const;

  // Gives the mounts away; what is held of their directories stays held.
  [[nodiscard]] std::vector<Mount> take() { return std::exchange(mounts_, {}); }

 private:
  struct HostDirectory {
    std::string path;  // as it was given
    bool read_only = false;
    UniqueFd fd;
    // Device and inode of the directory, then of the one above it, up to the root.
    std::vector<std::pair<dev_t, ino_t>> chain;
  };

  // A directory that no guest may see.
  struct Forbidden {
    std::string path;
    bool exists = false;
    std::vector<std::pair<dev_t, ino_t>> chain;  // of it, or of the nearest one above that exists
  };

  [[nodiscard]] Result<std::string> check_guest(std::string_view guest) const;
  [[nodiscard]] Result<void> check_forbidden(const HostDirectory& added) const;
  [[nodiscard]] Result<void> check_overlap(const HostDirectory& added) const;

  [[nodiscard]] Result<std::unique_ptr<Directory>> count(std::unique_ptr<Directory> directory,
                                                         const HostDirectory& host) const;

  std::vector<Mount> mounts_;
  std::vector<HostDirectory> hosts_;
  std::vector<Forbidden> forbidden_;
  std::shared_ptr<Ledger> ledger_;
  std::optional<AuditSource> audit_;
};

}  // namespace midimon::vfs
