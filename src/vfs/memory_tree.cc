#include "vfs/memory_tree.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace midimon::vfs {
namespace {

constexpr std::uint64_t kDevice = 0x6d6d;  // any number; no disk's minor and major look like it
constexpr int kMaxLinks = 40;

void change(Nanos& time, const TimeChange& how, Nanos now) {
  if (std::holds_alternative<TimeNow>(how)) time = now;
  if (const Nanos* exact = std::get_if<Nanos>(&how)) time = *exact;
}

// One walk; see walk() for what it does. The directories passed are on a stack, so that ".." never
// needs to know who a directory's parent is.
class Walk {
 public:
  Walk(const InodePtr& root, std::string_view path, bool follow, bool creating)
      : rest_(path), follow_(follow), creating_(creating), passed_{root} {}

  ErrnoOr<Walked> run();

 private:
  Errno step(const std::string& name);
  Errno expand(const Inode& link, bool slash);
  [[nodiscard]] const InodePtr& top() const { return passed_.back(); }

  std::string rest_;
  bool follow_;
  bool creating_;
  int links_ = 0;
  std::vector<InodePtr> passed_;
};

ErrnoOr<Walked> Walk::run() {
  while (true) {
    const std::size_t start = rest_.find_first_not_of('/');
    if (start == std::string::npos) return Walked{top(), "", top()};
    const std::size_t end = std::min(rest_.find('/', start), rest_.size());
    const std::string name = rest_.substr(start, end - start);
    rest_.erase(0, end);
    if (name.size() > kMaxName) return err(Errno::nametoolong);
    Errno done = Errno::success;
    const bool named = name != "." && name != "..";
    if (rest_.empty() && named) {
      const InodePtr node = top()->child(name);
      if (node == nullptr || !node->is_link() || !follow_) return Walked{top(), name, node};
      done = expand(*node, false);
    } else if (creating_ && named && rest_.find_first_not_of('/') == std::string::npos) {
      done = Errno::isdir;
    } else {
      done = step(name);
    }
    if (done != Errno::success) return err(done);
  }
}

Errno Walk::step(const std::string& name) {
  if (name == ".") return Errno::success;
  if (name == "..") {
    if (passed_.size() == 1) return Errno::perm;
    passed_.pop_back();
    return Errno::success;
  }
  InodePtr node = top()->child(name);
  if (node == nullptr) return Errno::noent;
  if (node->is_link()) return expand(*node, true);
  if (!node->is_directory()) return Errno::notdir;
  passed_.push_back(std::move(node));
  return Errno::success;
}

Errno Walk::expand(const Inode& link, bool slash) {
  if (++links_ > kMaxLinks) return Errno::loop;
  if (link.data.starts_with('/')) return Errno::perm;
  rest_.insert(0, slash ? link.data + "/" : link.data);
  return Errno::success;
}

}  // namespace

MemoryTree::MemoryTree(const Clock& clock, std::uint64_t capacity)
    : clock_(clock),
      capacity_(capacity),
      root_(std::make_shared<Inode>(*this, FileType::directory)) {}

std::uint64_t MemoryTree::take(std::uint64_t wanted) {
  const std::uint64_t used = used_;
  const std::uint64_t taken = std::min(wanted, capacity_ - std::min(used, capacity_));
  used_ += taken;  // only ever grows under the lock, so there is still room
  return taken;
}

Inode::Inode(MemoryTree& of, FileType kind)
    : tree(of),
      number(of.next_inode()),
      type(kind),
      accessed(of.now()),
      modified(accessed),
      changed(accessed) {
  if (is_directory()) links = 2;
}

// Without recursion: a guest may nest directories deeper than the stack.
Inode::~Inode() {
  tree.give_back(data.size());
  std::vector<InodePtr> orphans;
  const auto adopt = [&orphans](Inode& directory) {
    for (auto& entry : directory.entries)
      orphans.push_back(std::move(entry.second));
    directory.entries.clear();
  };
  adopt(*this);
  while (!orphans.empty()) {
    const InodePtr orphan = std::move(orphans.back());
    orphans.pop_back();
    if (orphan.use_count() == 1) adopt(*orphan);
  }
}

InodePtr Inode::child(std::string_view name) const {
  const auto found = entries.find(name);
  return found == entries.end() ? nullptr : found->second;
}

Stat Inode::stat() const {
  return {kDevice, number, type, links, data.size(), accessed, modified, changed};
}

Errno Inode::resize(std::uint64_t size) {
  if (size <= data.size()) {
    tree.give_back(data.size() - size);
  } else {
    const std::uint64_t more = size - data.size();
    const std::uint64_t taken = tree.take(more);
    if (taken < more) {
      tree.give_back(taken);
      return Errno::nospc;
    }
  }
  data.resize(size);
  return Errno::success;
}

void Inode::set_times(const TimeChanges& times) {
  const Nanos now = tree.now();
  change(accessed, times.accessed, now);
  change(modified, times.modified, now);
  changed = now;
}

void Inode::touch() {
  modified = tree.now();
  changed = modified;
}

void Inode::attach(std::string_view name, const InodePtr& node) {
  entries.emplace(name, node);
  if (node->is_directory()) {
    ++links;
    node->parent = this;
  } else {
    ++node->links;
  }
  node->changed = tree.now();
  touch();
}

void Inode::detach(std::string_view name) {
  const auto found = entries.find(name);
  Inode& node = *found->second;
  if (node.is_directory()) {
    --links;
    node.parent = nullptr;
  } else {
    --node.links;
  }
  node.changed = tree.now();
  entries.erase(found);
  touch();
}

ErrnoOr<Walked> walk(const InodePtr& root, std::string_view path, bool follow, bool creating) {
  return Walk(root, path, follow, creating).run();
}

bool contains(const Inode& directory, const Inode& other) {
  for (const Inode* at = &other; at != nullptr; at = at->parent) {
    if (at == &directory) return true;
  }
  return false;
}

}  // namespace midimon::vfs
