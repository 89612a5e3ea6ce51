#include "vfs/quota_tree.h"

namespace midimon::vfs {

QuotaTree::QuotaTree(std::shared_ptr<Ledger> ledger, std::unique_ptr<Directory> root)
    : ledger_(std::move(ledger)) {
  ledger_->add_tree();
#ifndef NDEBUG
  check_.root = std::move(root);
#else
  (void)root;
#endif
}

#ifndef NDEBUG
QuotaUsage QuotaTree::nameless() const {
  QuotaUsage sum;
  for (const auto& [key, inode] : inodes_) {
    if (!inode.nameless) continue;
    sum.bytes += inode.charged;
    ++sum.entries;
  }
  return sum;
}
#endif

OpenInode& QuotaTree::opened(const Stat& stat) {
  const auto [at, is_new] = inodes_.try_emplace({stat.device, stat.inode});
  OpenInode& inode = at->second;
  if (is_new) {
    inode.key = at->first;
    inode.size = stat.size;
    inode.charged = round_to_block(stat.size);
  }
  ++inode.opened;
  return inode;
}

void QuotaTree::closed(OpenInode& inode) {
  if (--inode.opened > 0) return;
  if (inode.nameless) ledger_->release({inode.charged, 1});
  inodes_.erase(inodes_.find(inode.key));
}

void QuotaTree::unnamed(const Stat& victim) {
  if (victim.type == FileType::directory || victim.links > 1) {
    ledger_->release({kQuotaNameBytes, 1});
    return;
  }
  const auto open = inodes_.find({victim.device, victim.inode});
  if (open != inodes_.end()) {
    // Its bytes are there until the last close, and it goes on counting as an entry.
    open->second.nameless = true;
    ledger_->release({kQuotaNameBytes, 0});
    return;
  }
  ledger_->release({kQuotaNameBytes + round_to_block(victim.size), 1});
}

}  // namespace midimon::vfs
