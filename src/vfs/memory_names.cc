// The calls of MemoryDirectory that change names. Their checks come in the kernel's order, which
// decides the errno where two things are wrong at once.
#include <mutex>
#include <string>

#include "vfs/memory_directory.h"

namespace midimon::vfs {
namespace {

Errno check_target(std::string_view target) {
  if (target.empty()) return Errno::noent;
  if (target.size() > kMaxPath) return Errno::nametoolong;
  if (target.find('\0') != std::string_view::npos) return Errno::inval;
  if (target.front() == '/') return Errno::perm;
  return is_utf8(target) ? Errno::success : Errno::ilseq;
}

// Whether a new name can be made at `at`, which may have come with a slash.
Errno check_new(const Walked& at, bool slash) {
  if (slash && at.node == nullptr) return Errno::noent;
  if (slash && !at.node->is_directory()) return Errno::notdir;
  if (at.node != nullptr) return Errno::exist;
  return at.directory->links == 0 ? Errno::noent : Errno::success;
}

// Whether `source` may take the place of what is at `target`.
Errno check_replace(const Walked& source, const Walked& target) {
  if (target.node == nullptr) {
    return target.directory->links == 0 ? Errno::noent : Errno::success;
  }
  if (source.node->is_directory()) {
    if (!target.node->is_directory()) return Errno::notdir;
    return target.node->entries.empty() ? Errno::success : Errno::notempty;
  }
  return target.node->is_directory() ? Errno::isdir : Errno::success;
}

Errno check_rename(const Walked& source, const Walked& target, bool slash) {
  if (source.node == nullptr) return Errno::noent;
  if (target.directory->links == 0) return Errno::noent;  // it has been removed
  if (slash && !source.node->is_directory()) return Errno::notdir;
  if (source.directory != target.directory) {
    if (contains(*source.node, *target.directory)) return Errno::inval;
    if (target.node != nullptr && contains(*target.node, *source.directory)) {
      return Errno::notempty;
    }
  }
  return source.node == target.node ? Errno::success : check_replace(source, target);
}

// An empty directory that is not there any more has no links, which is how it is known.
void detach(const Walked& at) {
  const InodePtr node = at.node;
  at.directory->detach(at.name);
  if (node->is_directory()) node->links = 0;
}

}  // namespace

Errno MemoryDirectory::create_directory(const Path& path) {
  const std::lock_guard lock(tree_->lock());
  const auto at = spot(path, Errno::exist);
  if (!at) return at.error();
  const Errno checked = check_new(*at, false);  // a new directory's name may end in a slash
  if (checked != Errno::success) return checked;
  at->directory->attach(at->name, std::make_shared<Inode>(*tree_, FileType::directory));
  return Errno::success;
}

Errno MemoryDirectory::remove_directory(const Path& path) {
  const std::lock_guard lock(tree_->lock());
  const auto at = spot(path, Errno::inval);
  if (!at) return at.error();
  if (at->node == nullptr) return Errno::noent;
  if (!at->node->is_directory()) return Errno::notdir;
  if (!at->node->entries.empty()) return Errno::notempty;
  detach(*at);
  return Errno::success;
}

Errno MemoryDirectory::unlink_file(const Path& path) {
  const std::lock_guard lock(tree_->lock());
  const auto at = spot(path, Errno::isdir);
  if (!at) return at.error();
  if (at->node == nullptr) return Errno::noent;
  if (at->node->is_directory()) return Errno::isdir;
  if (path.must_be_directory()) return Errno::notdir;
  detach(*at);
  return Errno::success;
}

Errno MemoryDirectory::rename(const Path& from, Directory& to, const Path& name) {
  if (to.mount() == nullptr) return Errno::perm;
  if (to.mount() != mount()) return Errno::xdev;
  // Only directories of this tree, and wrappers around them, answer with this tree's address.
  const auto& other = static_cast<const MemoryDirectory&>(to.bottom());
  const std::lock_guard lock(tree_->lock());
  const auto source = spot(from, Errno::busy);
  if (!source) return source.error();
  const auto target = other.spot(name, Errno::busy);
  if (!target) return target.error();
  const bool slash = from.must_be_directory() || name.must_be_directory();
  const Errno checked = check_rename(*source, *target, slash);
  if (checked != Errno::success) return checked;
  if (source->node == target->node) return Errno::success;  // two names of one file: both stay
  if (target->node != nullptr) detach(*target);
  source->directory->detach(source->name);
  target->directory->attach(target->name, source->node);
  return Errno::success;
}

Errno MemoryDirectory::link(const Path& existing, Directory& to, const Path& name) {
  if (to.mount() == nullptr) return Errno::perm;
  if (to.mount() != mount()) return Errno::xdev;
  const auto& other = static_cast<const MemoryDirectory&>(to.bottom());
  const std::lock_guard lock(tree_->lock());
  const auto node = find(existing, false);
  if (!node) return node.error();
  const auto target = other.spot(name, Errno::exist);
  if (!target) return target.error();
  const Errno checked = check_new(*target, name.must_be_directory());
  if (checked != Errno::success) return checked;
  if ((*node)->is_directory()) return Errno::perm;
  target->directory->attach(target->name, *node);
  return Errno::success;
}

Errno MemoryDirectory::symlink(std::string_view target, const Path& name) {
  const Errno target_checked = check_target(target);
  if (target_checked != Errno::success) return target_checked;
  const std::lock_guard lock(tree_->lock());
  const auto at = spot(name, Errno::exist);
  if (!at) return at.error();
  const Errno checked = check_new(*at, name.must_be_directory());
  if (checked != Errno::success) return checked;
  auto node = std::make_shared<Inode>(*tree_, FileType::symbolic_link);
  const Errno room = node->resize(target.size());
  if (room != Errno::success) return room;
  node->data = target;
  at->directory->attach(at->name, node);
  return Errno::success;
}

}  // namespace midimon::vfs
