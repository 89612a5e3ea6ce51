// Storage quotas: a ledger of what a tree may hold and holds, and a wrapper that keeps to it.
//
// What a tree uses can be computed from stat alone, so that a scan can check the ledger:
//   bytes   = for each file and symbolic link, once, its size rounded up to 4096 (holes count),
//             + 512 for each name in a directory
//   entries = names in directories + open files that have no name any more
// The ledger reserves before something grows and settles after it did or did not, so at no instant
// does the tree hold more than is charged, nor is more charged than is allowed.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "vfs/file_system.h"

namespace midimon::vfs {

inline constexpr std::uint64_t kQuotaBlock = 4096;     // bytes; what a file is rounded up to
inline constexpr std::uint64_t kQuotaNameBytes = 512;  // charged for each name

struct QuotaUsage {
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
  friend bool operator==(const QuotaUsage&, const QuotaUsage&) = default;
};

struct QuotaOptions {
  QuotaUsage allowed{std::numeric_limits<std::uint64_t>::max(),
                     std::numeric_limits<std::uint64_t>::max()};
  // Bytes that the host's disk must keep free, and how many are. Asked for growth alone, and not
  // for every one. Without the function there is no floor.
  std::uint64_t min_free = 0;
  std::function<std::uint64_t()> free_bytes;
  // Called once when use rises to 80 % or 95 % of what is allowed, and again only after it fell
  // below; on the thread that made it rise. `what` is "bytes" or "entries".
  std::function<void(std::string_view what, std::uint64_t used, std::uint64_t allowed)> on_warning;
  // Called when something is refused or cut short: dquot, or nospc where the floor is the reason.
  std::function<void(Errno why, QuotaUsage used)> on_refusal;
};

// The Ledger class is one quota, shared by every directory that counts against it. Thread-safe.
class Ledger {
 public:
  explicit Ledger(QuotaOptions options) : options_(std::move(options)) {}
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  [[nodiscard]] QuotaUsage used() const {
    return {bytes_.load(std::memory_order_relaxed), entries_.load(std::memory_order_relaxed)};
  }
  [[nodiscard]] const QuotaUsage& allowed() const { return options_.allowed; }

  // Charges what is there already, even beyond what is allowed: then reads and deletes go on, and
  // growth is refused.
  void charge(const QuotaUsage& found);

  // Charges all of `wanted` or nothing: dquot, or nospc where the host's floor is the reason.
  Errno reserve(const QuotaUsage& wanted);
  // Charges up to `wanted` bytes, whole blocks; answers how many, at least one block. Errors as
  // above.
  ErrnoOr<std::uint64_t> reserve_blocks(std::uint64_t wanted);
  void release(const QuotaUsage& amount);

  // How many trees were ever counted in it.
  void add_tree() { trees_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] int trees() const { return trees_.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] bool disk_has(std::uint64_t bytes);
  void refused(Errno why) const;
  void warn(std::string_view what, std::atomic<int>& level, std::uint64_t used,
            std::uint64_t allowed) const;
  void look_at_levels();

  QuotaOptions options_;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<std::uint64_t> entries_ = 0;
  std::atomic<std::int64_t> disk_allowance_ = 0;  // bytes until the disk is looked at again
  std::atomic<int> bytes_level_ = 0;
  std::atomic<int> entries_level_ = 0;
  std::atomic<int> trees_ = 0;
};

// What a scan of `root` finds by the rule above. Errors: those of listing; loop for trees deeper
// than 256.
[[nodiscard]] ErrnoOr<QuotaUsage> scan_usage(Directory& root);

// What all directories of one tree under a quota share; see quota_tree.h.
class QuotaTree;

// Charges to `ledger` what is below `root` already, and begins to count. Only changes made through
// make_quota() with this tree are counted: one process holds a tree at a time, and every directory
// of it that is opened is wrapped with the same QuotaTree.
[[nodiscard]] ErrnoOr<std::shared_ptr<QuotaTree>> attach_quota(Directory& root,
                                                               std::shared_ptr<Ledger> ledger);

// Wraps `directory` and all that is opened through it, so that every change is charged. Growth
// beyond the quota: a short write, then dquot (nospc where the host's disk is the reason). Owns
// `directory`; thread-safe as it.
[[nodiscard]] std::unique_ptr<Directory> make_quota(std::unique_ptr<Directory> directory,
                                                    std::shared_ptr<QuotaTree> tree);

}  // namespace midimon::vfs
