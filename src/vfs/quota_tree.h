// What all files and directories under one quota share: the ledger, and the files that are open.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "vfs/file_system.h"
#include "vfs/quota.h"
#include "vfs/quota_check.h"

namespace midimon::vfs {

inline std::uint64_t round_to_block(std::uint64_t size) {
  return (size + (kQuotaBlock - 1)) / kQuotaBlock * kQuotaBlock;
}

// An inode that is open, once or many times.
struct OpenInode {
  std::pair<std::uint64_t, std::uint64_t> key;  // device and number

  // Held shared to write within what is charged, exclusively for all else that changes the size.
  std::shared_mutex mutex;
  std::atomic<std::uint64_t> size = 0;  // bytes
  std::uint64_t charged = 0;            // bytes; the size rounded up, while nobody holds the lock

  // Guarded by QuotaTree::names.
  std::size_t opened = 0;
  bool nameless = false;
};

// Thread-safe where it says so.
class QuotaTree {
 public:
  // `root` is what is counted, for debug builds to look at.
  QuotaTree(std::shared_ptr<Ledger> ledger, std::unique_ptr<Directory> root);

  [[nodiscard]] Ledger& ledger() { return *ledger_; }

  // Held by everything that makes, removes or looks up names, so that what was found under a name
  // is what is removed.
  std::mutex names;

  // The three below need `names`. An inode that was opened stays in place until it is closed.
  OpenInode& opened(const Stat& stat);
  // Uncharges a nameless inode after its last close; `inode` may be gone then.
  void closed(OpenInode& inode);
  // `victim` has lost a name.
  void unnamed(const Stat& victim);

#ifndef NDEBUG
  [[nodiscard]] QuotaCheck& check() {
    return check_;
  }
  // What open files without a name are charged. Needs `names`.
  [[nodiscard]] QuotaUsage nameless() const;
  // Whether nothing but this tree was ever charged to its ledger.
  [[nodiscard]] bool is_alone() const {
    return ledger_->trees() == 1;
  }
#endif

 private:
  std::shared_ptr<Ledger> ledger_;
#ifndef NDEBUG
  QuotaCheck check_;
#endif
  std::map<std::pair<std::uint64_t, std::uint64_t>, OpenInode> inodes_;
};

}  // namespace midimon::vfs
