// Debug builds look again and again whether a ledger is right: the QuotaOperation class stands
// around every operation that may change what is charged, and where one ends and no other is going
// on, what is charged has to be what a scan finds. In other builds it is nothing.
#pragma once

#ifndef NDEBUG
#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#endif

#include "vfs/file_system.h"
#include "vfs/quota.h"

namespace midimon::vfs {

#ifdef NDEBUG
class QuotaOperation {
 public:
  explicit QuotaOperation(QuotaTree&) {}
  QuotaOperation(const QuotaOperation&) = delete;
  QuotaOperation& operator=(const QuotaOperation&) = delete;
};
#else
class QuotaOperation {
 public:
  // The outermost of all locks. `tree` outlives this.
  explicit QuotaOperation(QuotaTree& tree);
  ~QuotaOperation();
  QuotaOperation(const QuotaOperation&) = delete;
  QuotaOperation& operator=(const QuotaOperation&) = delete;

 private:
  QuotaTree& tree_;
};

// What a tree has for it.
struct QuotaCheck {
  std::shared_mutex operations;     // held shared by each operation
  std::unique_ptr<Directory> root;  // under the quota
  // A scan takes as long as there are names: one for as many operations costs each a little.
  std::atomic<std::uint64_t> due_in = 0;  // operations
};
#endif

}  // namespace midimon::vfs
