#include "vfs/quota_check.h"

#ifndef NDEBUG
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "vfs/quota_tree.h"

namespace midimon::vfs {
namespace {

[[noreturn]] void fail(const QuotaUsage& charged, const QuotaUsage& found) {
  std::fprintf(stderr,
               "The ledger is wrong: %" PRIu64 " bytes and %" PRIu64
               " entries are charged, %" PRIu64 " and %" PRIu64
               " are there. Either a change was not counted, or somebody else changed "
               "the directory meanwhile.\n",
               charged.bytes, charged.entries, found.bytes, found.entries);
  std::abort();
}

// Nobody changes anything meanwhile.
void check(QuotaTree& tree, QuotaCheck& own) {
  const std::lock_guard lock(tree.names);
  const auto scanned = scan_usage(*own.root);
  if (!scanned) return;  // too deep to be counted, or not to be read
  QuotaUsage found = *scanned;
  own.due_in = found.entries;
  const QuotaUsage nameless = tree.nameless();
  found.bytes += nameless.bytes;
  found.entries += nameless.entries;
  const QuotaUsage charged = tree.ledger().used();
  const bool enough = charged.bytes >= found.bytes && charged.entries >= found.entries;
  if (!enough || (tree.is_alone() && charged != found)) fail(charged, found);
}

}  // namespace

QuotaOperation::QuotaOperation(QuotaTree& tree) : tree_(tree) {
  tree_.check().operations.lock_shared();
}

QuotaOperation::~QuotaOperation() {
  QuotaCheck& own = tree_.check();
  own.operations.unlock_shared();
  std::uint64_t left = own.due_in.load(std::memory_order_relaxed);
  if (left > 0) {
    own.due_in.compare_exchange_strong(left, left - 1, std::memory_order_relaxed);
    return;
  }
  const std::unique_lock lock(own.operations, std::try_to_lock);
  if (lock.owns_lock()) check(tree_, own);
}

}  // namespace midimon::vfs
#endif
