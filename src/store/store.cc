#include "store/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/text.h"
#include "midimon/plugin_id.h"
#include "package/package.h"
#include "plugins/data_directory.h"
#include "trust/minisign_text.h"
#include "trust/private_file.h"

namespace midimon::store {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

tl::unexpected<Error> not_installed(const std::string& id) {
  return fail(ErrorCode::not_found,
              fmt::format("The plugin {} is not installed. Run: midimon plugin install FILE",
                          escape_line(id)));
}

}  // namespace

Result<std::vector<std::string>> names_in(int directory, const std::string& path) {
  // Its own position, whoever reads `directory` besides.
  UniqueFd fd(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, CloseDirectory> stream(fd.valid() ? ::fdopendir(fd.get()) : nullptr);
  if (stream == nullptr) return trust::cannot("read", path, errno);
  static_cast<void>(fd.release());
  std::vector<std::string> names;
  errno = 0;
  while (const struct dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  if (errno != 0) return trust::cannot("read", path, errno);
  std::sort(names.begin(), names.end());
  return names;
}

std::string Store::path(const std::string& id) const {
  return places_.data + "/plugins/" + id;
}

Result<UniqueFd> Store::open(const std::string& id) const {
  // An id is the name of one directory; anything else could lead elsewhere.
  if (!is_plugin_id(id)) return not_installed(id);
  auto root = plugins::find_installed(places_);
  if (!root || !root->valid()) return root;
  return plugins::find_private(root->get(), id, path(id));
}

Result<std::vector<std::string>> Store::ids() const {
  const auto root = plugins::find_installed(places_);
  if (!root) return tl::unexpected(root.error());
  if (!root->valid()) return std::vector<std::string>();
  auto names = names_in(root->get(), places_.data + "/plugins");
  if (!names) return names;
  std::vector<std::string> ids;
  for (const std::string& name : *names) {
    if (!is_plugin_id(name)) continue;
    const auto known = record(name);
    // One that cannot be read is there too: whoever asks for it is told why.
    if (!known || (*known && (*known)->version)) ids.push_back(name);
  }
  return ids;
}

Result<std::optional<Record>> Store::record(const std::string& id) const {
  const auto directory = open(id);
  if (!directory) return tl::unexpected(directory.error());
  if (!directory->valid()) return std::optional<Record>();
  const std::string file = fmt::format("{}/{}", path(id), kRecord);
  const auto text = trust::read_private_file(*directory, file, kMaxRecordBytes);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return std::optional<Record>();
  auto parsed = parse_record(**text, file);
  if (!parsed) return tl::unexpected(parsed.error());
  return std::optional(std::move(*parsed));
}

Result<Record> Store::in_use(const std::string& id) const {
  auto known = record(id);
  if (!known) return tl::unexpected(known.error());
  if (!*known || !(*known)->version) return not_installed(id);
  return std::move(**known);
}

Result<std::vector<trust::SemVer>> Store::versions(const std::string& id) const {
  const auto directory = open(id);
  if (!directory) return tl::unexpected(directory.error());
  std::vector<trust::SemVer> versions;
  if (!directory->valid()) return versions;
  const auto names = names_in(directory->get(), path(id));
  if (!names) return tl::unexpected(names.error());
  for (const std::string& name : *names) {
    if (auto version = trust::SemVer::parse(name)) versions.push_back(std::move(*version));
  }
  std::stable_sort(versions.begin(), versions.end(),
                   [](const trust::SemVer& a, const trust::SemVer& b) { return a > b; });
  return versions;
}

Result<StoredModule> Store::read(const std::string& id, const trust::SemVer& version) const {
  const auto all = open(id);
  if (!all) return tl::unexpected(all.error());
  const std::string where = path(id) + "/" + version.text();
  const auto directory = all->valid() ? plugins::find_private(all->get(), version.text(), where)
                                      : Result<UniqueFd>(UniqueFd());
  if (!directory) return tl::unexpected(directory.error());
  std::optional<std::string> module;
  StoredModule stored;
  if (directory->valid()) {
    auto bytes = trust::read_private_file(*directory, fmt::format("{}/{}", where, package::kModule),
                                          package::kMaxTotalBytes);
    if (!bytes) return tl::unexpected(bytes.error());
    auto signature = trust::read_private_file(
        *directory, fmt::format("{}/{}", where, package::kSignature), trust::kMaxSignatureFile);
    if (!signature) return tl::unexpected(signature.error());
    module = std::move(*bytes);
    stored.signature = std::move(*signature);
  }
  if (!module) {
    return fail(ErrorCode::not_found, fmt::format("{}/{} is missing. Install {} {} again.", where,
                                                  package::kModule, id, version.text()));
  }
  stored.module = std::move(*module);
  return stored;
}

}  // namespace midimon::store
