// The directories that this process holds for plugins: each with a lock, so that one process at a
// time counts what is in it, and a ledger that counts.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/places.h"
#include "base/unique_fd.h"
#include "midimon/config.h"
#include "midimon/result.h"
#include "vfs/audited.h"
#include "vfs/quota.h"

namespace midimon::plugins {

// What may be held in one directory, and what the host keeps for itself.
struct StorageLimits {
  vfs::QuotaUsage allowed;
  std::optional<std::uint64_t> min_free_disk;     // bytes; none: 1 GiB or 5 %, whichever is less
  std::shared_ptr<const vfs::AuditSource> audit;  // told of warnings and refusals; may be null
};

// One directory, held as long as this lives.
struct HeldStorage {
  UniqueFd lock;
  std::shared_ptr<vfs::Ledger> ledger;
  std::shared_ptr<vfs::QuotaTree> tree;
};

// Thread-safe.
class Storage {
 public:
  // Holds the directory that `fd` is open on and counts what is in it. `name` is its place below
  // places.data; plugins that hold the same one share it, and the first one's limits. Errors: busy
  // (another process holds it; the message says which), io.
  Result<std::shared_ptr<HeldStorage>> hold(const Places& places, const std::string& name, int fd,
                                            vfs::Directory& directory, const StorageLimits& limits);

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<HeldStorage>> held_;
};

}  // namespace midimon::plugins
