#include "store/change.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "midimon/plugin_id.h"
#include "plugins/data_directory.h"
#include "plugins/storage.h"
#include "store/store.h"
#include "trust/private_file.h"

namespace midimon::store {
namespace {

// Who has the lock is the only one to use them.
constexpr const char* kStaged = ".staged";
constexpr const char* kRemoved = ".removed";

std::span<const unsigned char> bytes_of(const std::string& text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

Result<void> sync(const UniqueFd& fd, const std::string& path) {
  if (::fsync(fd.get()) != 0) return trust::cannot("write", path, errno);
  return {};
}

// Writes files, whose names package::check_name() has passed, below a new directory.
class TreeWriter {
 public:
  TreeWriter(UniqueFd root, std::string path) : path_(std::move(path)) {
    directories_.emplace("", std::move(root));
  }

  Result<void> write(const package::File& file) {
    const std::size_t slash = file.name.rfind('/');
    const auto directory = open(slash == std::string::npos ? "" : file.name.substr(0, slash));
    if (!directory) return tl::unexpected(directory.error());
    return trust::create_file(**directory, path_ + "/" + file.name, bytes_of(file.bytes), 0600);
  }

  // Has the names on the disk too.
  Result<void> sync_all() {
    for (const auto& [name, directory] : directories_) {
      if (auto synced = sync(directory, path_ + "/" + name); !synced) return synced;
    }
    return {};
  }

 private:
  Result<const UniqueFd*> open(const std::string& name) {
    const auto found = directories_.find(name);
    if (found != directories_.end()) return &found->second;
    const std::size_t slash = name.rfind('/');
    auto parent = open(slash == std::string::npos ? "" : name.substr(0, slash));
    if (!parent) return parent;
    auto made = plugins::open_private((*parent)->get(),
                                      name.substr(slash == std::string::npos ? 0 : slash + 1),
                                      path_ + "/" + name);
    if (!made) return tl::unexpected(made.error());
    return &directories_.emplace(name, std::move(*made)).first->second;
  }

  std::string path_;
  std::map<std::string, UniqueFd> directories_;  // by their names below the root, which is ""
};

Result<void> write_record(const UniqueFd& directory, const std::string& path,
                          const Record& record) {
  return trust::replace_file(directory, fmt::format("{}/{}", path, kRecord),
                             bytes_of(to_toml(record)), 0600);
}

// Puts `from` in the place of `to`, which becomes `from` if it is there.
Result<void> move_in(int from_directory, const std::string& from, int to_directory,
                     const std::string& to, const std::string& path) {
  if (::renameat2(from_directory, from.c_str(), to_directory, to.c_str(), RENAME_NOREPLACE) == 0) {
    return {};
  }
  // Some file systems have neither flag.
  const bool plain = errno == EINVAL || errno == ENOSYS;
  if (plain && ::faccessat(to_directory, to.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
      ::renameat(from_directory, from.c_str(), to_directory, to.c_str()) == 0) {
    return {};
  }
  if (!plain && errno == EEXIST &&
      ::renameat2(from_directory, from.c_str(), to_directory, to.c_str(), RENAME_EXCHANGE) == 0) {
    return {};
  }
  if (plain || errno == EINVAL) {
    return fail(ErrorCode::unsupported,
                fmt::format("{} is there already, and this file system cannot put another in its "
                            "place in one step. Remove the plugin first: midimon plugin remove "
                            "ID --keep-data",
                            path));
  }
  return trust::cannot("make", path, errno);
}

}  // namespace

std::string StoreChange::path(const std::string& name) const {
  return places_.data + "/plugins/" + name;
}

Result<StoreChange> StoreChange::begin(const Places& places) {
  auto lock = plugins::take_lock(places, "plugins", "installs or removes plugins");
  if (!lock) return tl::unexpected(lock.error());
  auto root = plugins::open_installed(places);
  if (!root) return tl::unexpected(root.error());
  StoreChange change(places, std::move(*lock), std::move(*root));
  change.sweep();
  return change;
}

StoreChange::~StoreChange() {
  if (lock_.valid()) remove_tree(kStaged);
}

// Follows no links. What cannot be removed is left to the next change.
void StoreChange::remove_tree(const std::string& name) const {
  std::error_code ignored;
  std::filesystem::remove_all(path(name), ignored);
}

void StoreChange::sweep() const {
  const auto names = names_in(root_.get(), path(""));
  if (!names) return;
  for (const std::string& name : *names) {
    if (name == kStaged || name == kRemoved) remove_tree(name);
    if (is_plugin_id(name)) sweep_plugin(name);
  }
}

// Removes what an end in the middle of a change left: records that were not put in place, and all
// versions of a plugin that has none in use.
void StoreChange::sweep_plugin(const std::string& id) const {
  const auto record = Store(places_).record(id);
  const auto directory = plugins::find_private(root_.get(), id, path(id));
  if (!record || !directory || !directory->valid()) return;
  const auto names = names_in(directory->get(), path(id));
  if (!names) return;
  const bool in_use = *record && (*record)->version;
  for (const std::string& name : *names) {
    if (name.starts_with('.') || (!in_use && name != kRecord)) {
      remove_tree(fmt::format("{}/{}", id, name));
    }
  }
  if (!*record) ::unlinkat(root_.get(), id.c_str(), AT_REMOVEDIR);
}

Result<void> StoreChange::stage(const package::Package& package) {
  remove_tree(kStaged);
  auto directory = plugins::open_private(root_.get(), kStaged, path(kStaged));
  if (!directory) return tl::unexpected(directory.error());
  TreeWriter writer(std::move(*directory), path(kStaged));
  for (const package::File& file : package.files()) {
    if (auto written = writer.write(file); !written) return written;
  }
  return writer.sync_all();
}

Result<void> StoreChange::put(const std::string& id, const Record& record) {
  const std::string version = record.version->text();
  const auto directory = plugins::open_private(root_.get(), id, path(id));
  if (!directory) return tl::unexpected(directory.error());
  auto moved = sync(root_, path(""));
  if (moved) {
    moved = move_in(root_.get(), kStaged, directory->get(), version, path(id) + "/" + version);
  }
  // What was there before, or could not be put in its place.
  remove_tree(kStaged);
  if (!moved) return moved;
  if (auto synced = sync(*directory, path(id)); !synced) return synced;
  return write_record(*directory, path(id), record);
}

Result<void> StoreChange::use(const std::string& id, const Record& record) {
  const auto directory = plugins::open_private(root_.get(), id, path(id));
  if (!directory) return tl::unexpected(directory.error());
  return write_record(*directory, path(id), record);
}

Result<bool> StoreChange::remove(const std::string& id, bool and_data) {
  const auto record = Store(places_).record(id);
  if (!record) return tl::unexpected(record.error());
  struct stat status {};
  const bool data = and_data && ::lstat(places_.plugin_data(id).c_str(), &status) == 0;
  std::optional<Result<UniqueFd>> lock;
  if (data) {
    lock = plugins::take_lock(places_, "plugin-data/" + id, "runs the plugin");
    if (!*lock) return tl::unexpected(lock->error());
  }
  const bool installed = *record && (*record)->version;
  if (installed) {
    if (auto unused = use(id, {std::nullopt, (*record)->not_older_than}); !unused) {
      return tl::unexpected(unused.error());
    }
    sweep_plugin(id);
  }
  if (data) {
    if (auto removed = remove_data(id); !removed) return tl::unexpected(removed.error());
  }
  return installed || data;
}

Result<void> StoreChange::remove_data(const std::string& id) const {
  const std::string data = places_.plugin_data(id);
  // In one step where that is possible: the plugin finds all of it or nothing.
  if (::rename(data.c_str(), path(kRemoved).c_str()) == 0) {
    remove_tree(kRemoved);
    return {};
  }
  std::error_code error;
  std::filesystem::remove_all(data, error);
  if (error) return trust::cannot("remove", data, error.value());
  return {};
}

}  // namespace midimon::store
