// The directories of a quota: every name that is made or removed is charged.
#include "vfs/quota.h"

#include <set>
#include <string>
#include <vector>

#include "vfs/quota_file.h"
#include "vfs/quota_tree.h"

namespace midimon::vfs {
namespace {

constexpr QuotaUsage kName{kQuotaNameBytes, 1};

class QuotaDirectory final : public Directory {
 public:
  QuotaDirectory(std::shared_ptr<QuotaTree> tree, std::unique_ptr<Directory> directory)
      : tree_(std::move(tree)), directory_(std::move(directory)) {}

  ErrnoOr<Node> open(const Path& path, const OpenOptions& options) override;
  Errno create_directory(const Path& path) override {
    return charged(kName, [&] { return directory_->create_directory(path); });
  }
  Errno symlink(std::string_view target, const Path& name) override {
    const QuotaUsage cost{kQuotaNameBytes + round_to_block(target.size()), 1};
    return charged(cost, [&] { return directory_->symlink(target, name); });
  }
  Errno link(const Path& existing, Directory& to, const Path& name) override {
    return charged(kName, [&] { return directory_->link(existing, to, name); });
  }
  Errno remove_directory(const Path& path) override {
    const QuotaOperation operation(*tree_);
    const std::lock_guard lock(tree_->names);
    const Errno done = directory_->remove_directory(path);
    if (done == Errno::success) tree_->ledger().release(kName);
    return done;
  }
  Errno unlink_file(const Path& path) override {
    const QuotaOperation operation(*tree_);
    const std::lock_guard lock(tree_->names);
    const auto victim = directory_->stat(path, false);
    const Errno done = directory_->unlink_file(path);
    if (done == Errno::success && victim) tree_->unnamed(*victim);
    return done;
  }
  Errno rename(const Path& from, Directory& to, const Path& name) override;

  ErrnoOr<Stat> stat(const Path& path, bool follow) override {
    return directory_->stat(path, follow);
  }
  Errno set_times(const Path& path, bool follow, const TimeChanges& times) override {
    return directory_->set_times(path, follow, times);
  }
  ErrnoOr<std::string> read_link(const Path& path) override { return directory_->read_link(path); }
  ErrnoOr<std::unique_ptr<Listing>> list() override { return directory_->list(); }
  ErrnoOr<Stat> stat() override { return directory_->stat(); }
  Errno set_times(const TimeChanges& times) override { return directory_->set_times(times); }
  Errno sync(bool data_only) override { return directory_->sync(data_only); }
  [[nodiscard]] const void* mount() const override { return directory_->mount(); }
  Directory& bottom() override { return directory_->bottom(); }

 private:
  // Charges `cost` for as long as `act` takes, and for good if it succeeds.
  template <typename Act>
  Errno charged(const QuotaUsage& cost, Act act) {
    const QuotaOperation operation(*tree_);
    const std::lock_guard lock(tree_->names);
    const Errno reserved = tree_->ledger().reserve(cost);
    if (reserved != Errno::success) return reserved;
    const Errno done = act();
    if (done != Errno::success) tree_->ledger().release(cost);
    return done;
  }
  ErrnoOr<Node> create(const Path& path, const OpenOptions& options);
  ErrnoOr<Node> adopt(Node node, bool truncate);

  std::shared_ptr<QuotaTree> tree_;
  std::unique_ptr<Directory> directory_;
};

ErrnoOr<Node> QuotaDirectory::open(const Path& path, const OpenOptions& options) {
  const bool refused_anyway =
      !is_consistent(options) || (options.create && path.must_be_directory());
  if (refused_anyway) return directory_->open(path, options);

  const QuotaOperation operation(*tree_);
  const std::lock_guard lock(tree_->names);
  OpenOptions existing = options;
  existing.create = existing.exclusive = existing.truncate = false;
  ErrnoOr<Node> node = err(Errno::noent);
  existing.made = nullptr;
  if (!options.exclusive) node = directory_->open(path, existing);
  const bool make = !node && node.error() == Errno::noent && options.create;
  if (options.made != nullptr) *options.made = make;
  if (make) node = create(path, options);
  if (!node) return node;
  return adopt(std::move(*node), options.truncate);
}

// Opens what was not there a moment ago.
ErrnoOr<Node> QuotaDirectory::create(const Path& path, const OpenOptions& options) {
  const Errno reserved = tree_->ledger().reserve(kName);
  if (reserved != Errno::success) {
    return err(directory_->stat(path, false) ? Errno::exist : reserved);
  }
  OpenOptions fresh = options;
  fresh.truncate = false;  // nothing is emptied before it is known what it was charged
  fresh.made = nullptr;
  ErrnoOr<Node> node = directory_->open(path, fresh);
  if (!node) tree_->ledger().release(kName);
  return node;
}

ErrnoOr<Node> QuotaDirectory::adopt(Node node, bool truncate) {
  if (auto* directory = std::get_if<std::unique_ptr<Directory>>(&node)) {
    return Node(std::make_unique<QuotaDirectory>(tree_, std::move(*directory)));
  }
  auto& file = std::get<std::unique_ptr<File>>(node);
  const auto stat = file->stat();
  if (!stat) return err(stat.error());
  OpenInode& inode = tree_->opened(*stat);
  if (truncate) {
    const std::unique_lock lock(inode.mutex);
    const Errno emptied = inode.size == 0 ? Errno::success : file->set_size(0);
    if (emptied != Errno::success) {
      tree_->closed(inode);
      return err(emptied);
    }
    tree_->ledger().release({inode.charged, 0});
    inode.charged = 0;
    inode.size = 0;
  }
  return Node(std::make_unique<QuotaFile>(tree_, std::move(file), inode));
}

Errno QuotaDirectory::rename(const Path& from, Directory& to, const Path& name) {
  const QuotaOperation operation(*tree_);
  const std::lock_guard lock(tree_->names);
  const auto moved = directory_->stat(from, false);
  const auto victim = to.stat(name, false);
  const Errno done = directory_->rename(from, to, name);
  if (done != Errno::success || !moved || !victim) return done;
  // Between two names of one inode a rename does nothing.
  const bool same = moved->inode == victim->inode && moved->device == victim->device;
  if (!same) tree_->unnamed(*victim);
  return done;
}

// --- Scanning ------------------------------------------------------------------------------------

constexpr int kMaxLevels = 256;  // each is an open descriptor

class Scan {
 public:
  Errno add(Directory& directory, int level);
  [[nodiscard]] const QuotaUsage& found() const { return found_; }

 private:
  Errno add_entry(Directory& directory, const Path& name, std::vector<std::string>& below);

  QuotaUsage found_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> linked_;  // inodes with several names
};

Errno Scan::add_entry(Directory& directory, const Path& name, std::vector<std::string>& below) {
  const auto stat = directory.stat(name, false);
  if (!stat) return stat.error() == Errno::noent ? Errno::success : stat.error();
  found_.bytes += kQuotaNameBytes;
  ++found_.entries;
  if (stat->type == FileType::directory) {
    below.emplace_back(name.view());
  } else if (stat->links < 2 || linked_.emplace(stat->device, stat->inode).second) {
    found_.bytes += round_to_block(stat->size);
  }
  return Errno::success;
}

Errno Scan::add(Directory& directory, int level) {
  if (level > kMaxLevels) return Errno::loop;
  std::vector<std::string> below;
  {
    const auto listing = directory.list();
    if (!listing) return listing.error();
    while (true) {
      const auto entry = (*listing)->next();
      if (!entry) return entry.error();
      if (!entry->has_value()) break;
      Path name;
      Errno done = name.parse((*entry)->name);
      if (done == Errno::success) done = add_entry(directory, name, below);
      if (done != Errno::success) return done;
    }
  }
  for (const std::string& name : below) {
    Path path;
    const Errno parsed = path.parse(name);
    if (parsed != Errno::success) return parsed;
    auto node = directory.open(path, {.read = true, .directory = true});
    if (!node) return node.error();
    const Errno added = add(*std::get<std::unique_ptr<Directory>>(*node), level + 1);
    if (added != Errno::success) return added;
  }
  return Errno::success;
}

}  // namespace

ErrnoOr<QuotaUsage> scan_usage(Directory& root) {
  Scan scan;
  const Errno done = scan.add(root, 1);
  if (done != Errno::success) return err(done);
  return scan.found();
}

ErrnoOr<std::shared_ptr<QuotaTree>> attach_quota(Directory& root, std::shared_ptr<Ledger> ledger) {
  const auto found = scan_usage(root);
  if (!found) return err(found.error());
  auto own = root.open(Path(), {.read = true, .directory = true});
  if (!own) return err(own.error());
  ledger->charge(*found);
  return std::make_shared<QuotaTree>(std::move(ledger),
                                     std::get<std::unique_ptr<Directory>>(std::move(*own)));
}

std::unique_ptr<Directory> make_quota(std::unique_ptr<Directory> directory,
                                      std::shared_ptr<QuotaTree> tree) {
  return std::make_unique<QuotaDirectory>(std::move(tree), std::move(directory));
}

}  // namespace midimon::vfs
