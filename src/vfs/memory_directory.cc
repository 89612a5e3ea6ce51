#include "vfs/memory_directory.h"

#include <mutex>
#include <string>

#include "vfs/memory.h"
#include "vfs/memory_file.h"

namespace midimon::vfs {
namespace {

// The MemoryListing class remembers the last name it gave and goes on with the next higher one, so
// that entries may come and go meanwhile.
class MemoryListing final : public Listing {
 public:
  MemoryListing(std::shared_ptr<MemoryTree> tree, InodePtr node)
      : tree_(std::move(tree)), node_(std::move(node)) {}

  ErrnoOr<std::optional<Entry>> next() override {
    const std::lock_guard lock(tree_->lock());
    const auto found = node_->entries.upper_bound(last_);
    if (found == node_->entries.end()) return std::nullopt;
    last_ = found->first;
    return Entry{last_, found->second->number, found->second->type};
  }

  Errno rewind() override {
    last_.clear();
    return Errno::success;
  }

 private:
  std::shared_ptr<MemoryTree> tree_;  // before node_, so that it is destroyed after it
  InodePtr node_;
  std::string last_;  // empty, which no name is, before the first
};

}  // namespace

std::unique_ptr<Directory> make_memory(const Clock& clock, std::uint64_t capacity) {
  auto tree = std::make_shared<MemoryTree>(clock, capacity);
  InodePtr root = tree->root();
  return std::make_unique<MemoryDirectory>(std::move(tree), std::move(root));
}

ErrnoOr<InodePtr> MemoryDirectory::find(const Path& path, bool follow) const {
  const bool directory = path.must_be_directory();
  const auto at = walk(node_, path.view(), follow || directory);
  if (!at) return err(at.error());
  if (at->node == nullptr) return err(Errno::noent);
  if (directory && !at->node->is_directory()) return err(Errno::notdir);
  return at->node;
}

ErrnoOr<Walked> MemoryDirectory::spot(const Path& path, Errno without_name) const {
  auto at = walk(node_, path.view(), false);
  if (at && at->name.empty()) return err(without_name);
  return at;
}

ErrnoOr<Node> MemoryDirectory::open(const Path& path, const OpenOptions& options) {
  if (!is_consistent(options)) return err(Errno::inval);
  const std::lock_guard lock(tree_->lock());
  if (options.create && path.must_be_directory()) {
    return err(refuse_to_create(path, options.exclusive));
  }
  bool unasked = false;
  bool& made = options.create && options.made != nullptr ? *options.made : unasked;
  made = true;
  const bool follow = (options.follow || path.must_be_directory()) && !options.exclusive;
  const auto at = walk(node_, path.view(), follow, options.create);
  if (!at) return err(at.error());
  const bool directory = options.directory || path.must_be_directory();
  made = at->node == nullptr || options.exclusive;
  if (at->node == nullptr) return options.create ? create_file(*at, options) : err(Errno::noent);
  if (options.exclusive) return err(Errno::exist);
  if (directory && !at->node->is_directory()) return err(Errno::notdir);
  return hand_out(*at, options);
}

// Opens what the walk has found.
ErrnoOr<Node> MemoryDirectory::hand_out(const Walked& at, const OpenOptions& options) const {
  const InodePtr& node = at.node;
  if (node->is_link()) return err(Errno::loop);
  if (node->is_directory()) {
    if (options.write) return err(Errno::isdir);
    return Node(std::make_unique<MemoryDirectory>(tree_, node));
  }
  if (options.truncate) {
    (void)node->resize(0);  // cannot fail: it asks for nothing
    node->touch();
  }
  const bool readable = options.read || !options.write;
  return Node(std::make_unique<MemoryFile>(tree_, node, readable, options.write));
}

ErrnoOr<Node> MemoryDirectory::create_file(const Walked& at, const OpenOptions& options) const {
  if (at.directory->links == 0) return err(Errno::noent);  // it has been removed
  auto node = std::make_shared<Inode>(*tree_, FileType::regular_file);
  at.directory->attach(at.name, node);
  return Node(std::make_unique<MemoryFile>(tree_, std::move(node), options.read, true));
}

Errno MemoryDirectory::refuse_to_create(const Path& path, bool exclusive) const {
  const auto at = spot(path, exclusive ? Errno::exist : Errno::isdir);
  if (!at) return at.error();
  const auto node = find(path, true);
  const Errno found = node ? Errno::isdir : node.error();
  return found == Errno::noent ? Errno::isdir : found;
}

ErrnoOr<Stat> MemoryDirectory::stat(const Path& path, bool follow) {
  const std::lock_guard lock(tree_->lock());
  const auto node = find(path, follow);
  if (!node) return err(node.error());
  return (*node)->stat();
}

Errno MemoryDirectory::set_times(const Path& path, bool follow, const TimeChanges& times) {
  const std::lock_guard lock(tree_->lock());
  const auto node = find(path, follow);
  if (!node) return node.error();
  (*node)->set_times(times);
  return Errno::success;
}

ErrnoOr<std::string> MemoryDirectory::read_link(const Path& path) {
  const std::lock_guard lock(tree_->lock());
  const auto node = find(path, false);
  if (!node) return err(node.error());
  if (!(*node)->is_link()) return err(Errno::inval);
  return (*node)->data;
}

ErrnoOr<std::unique_ptr<Listing>> MemoryDirectory::list() {
  return std::make_unique<MemoryListing>(tree_, node_);
}

ErrnoOr<Stat> MemoryDirectory::stat() {
  const std::lock_guard lock(tree_->lock());
  return node_->stat();
}

Errno MemoryDirectory::set_times(const TimeChanges& times) {
  const std::lock_guard lock(tree_->lock());
  node_->set_times(times);
  return Errno::success;
}

Errno MemoryDirectory::sync(bool) {
  return Errno::success;
}

}  // namespace midimon::vfs
