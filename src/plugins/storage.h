// The directories that this process holds for plugins: each with a lock, so that one process at a
// time counts what is in it, and a ledger that counts.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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

// Holds `name`, a place below places.data, for this process, as long as the answer lives. Error:
// busy, another process holds it; the message says which, and with `why` what for.
Result<UniqueFd> take_lock(const Places& places, const std::string& name, std::string_view why);

// The lock of one directory, beside it and not in it, so that no plugin sees it. While somebody has
// it the file says who; afterwards, what was counted last.
class StorageLock {
 public:
  // `name` is the directory's place below places.data. Errors: busy (another process has it; the
  // message says which), io.
  static Result<StorageLock> take(const Places& places, const std::string& name);

  // What whoever had it before counted at its end; none if that one was killed, or there was none.
  [[nodiscard]] const std::optional<vfs::QuotaUsage>& counted_before() const { return before_; }

  // Leaves for the next one what is stored; nothing may change it any more while this lives.
  void leave(const vfs::QuotaUsage& counted) const;

 private:
  StorageLock(UniqueFd fd, std::optional<vfs::QuotaUsage> before)
      : fd_(std::move(fd)), before_(before) {}

  UniqueFd fd_;
  std::optional<vfs::QuotaUsage> before_;
};

// The sentence that says who has the lock of `name`; none if nobody has.
std::optional<std::string> who_holds(const Places& places, const std::string& name);

// Has `options` tell `source` of warnings and refusals.
void report_quota(vfs::QuotaOptions& options,
                  const std::shared_ptr<const vfs::AuditSource>& source);

// A ledger for the disk that the directory `fd` is on, and nothing charged to it yet.
std::shared_ptr<vfs::Ledger> make_ledger(int fd, const StorageLimits& limits);

// One directory, held as long as this lives.
struct HeldStorage {
  HeldStorage(StorageLock held_lock, std::shared_ptr<vfs::Ledger> own_ledger,
              std::shared_ptr<vfs::QuotaTree> own_tree)
      : lock(std::move(held_lock)), ledger(std::move(own_ledger)), tree(std::move(own_tree)) {}
  // Leaves what was counted for the next one, if no file is open any more.
  ~HeldStorage();
  HeldStorage(const HeldStorage&) = delete;
  HeldStorage& operator=(const HeldStorage&) = delete;

  StorageLock lock;
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
