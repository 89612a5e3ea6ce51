#include "secrets/file_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <utility>

#include "midimon/plugin_id.h"
#include "secrets/secret_file.h"
#include "trust/private_file.h"

namespace midimon::secrets {
namespace {

std::vector<Listed> list_of(const Secrets& secrets) {
  std::vector<Listed> out;
  out.reserve(secrets.size());
  for (const auto& [key, secret] : secrets)
    out.push_back({key.first, key.second, secret.kind, secret.value.size(), secret.only_to});
  return out;
}

class FileStore final : public Store {
 public:
  explicit FileStore(std::string directory) : directory_(std::move(directory)) {}

  [[nodiscard]] std::string place() const override { return directory_; }
  Result<std::optional<Secret>> get(const Owner& owner, std::string_view name) override;
  Result<void> set(const Owner& owner, std::string_view name, const Secret& secret) override;
  Result<bool> remove(const Owner& owner, std::string_view name) override;
  Result<std::vector<Listed>> list(const std::string& plugin) override;
  Result<std::size_t> remove_all(const std::string& plugin) override;

 private:
  using Change = std::function<Result<void>(Secrets&)>;
  [[nodiscard]] Result<std::string> path_of(const std::string& plugin) const;
  [[nodiscard]] Result<Secrets> load(const std::string& plugin) const;
  [[nodiscard]] Result<void> update(const std::string& plugin, const Change& change) const;

  std::string directory_;
};

// The id is a part of a path.
Result<std::string> FileStore::path_of(const std::string& plugin) const {
  if (is_plugin_id(plugin)) return directory_ + "/" + plugin;
  return fail(ErrorCode::invalid, "That is no plugin's id.");
}

Result<Secrets> parse(const std::optional<std::string>& text, const std::string& path) {
  if (!text) return Secrets();
  auto secrets = parse_secrets(*text);
  if (secrets) return secrets;
  return fail(ErrorCode::invalid, fmt::format("{}: {}. Move it away and store the secrets again.",
                                              path, secrets.error().message));
}

// read_private_file() sees to it that nobody else can have written it.
Result<void> check_unread(const UniqueFd& directory, const std::string& path,
                          const std::string& name) {
  struct stat status {};
  if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return {};
  if (!S_ISREG(status.st_mode) || (status.st_mode & 0077U) == 0) return {};
  return fail(ErrorCode::denied,
              fmt::format("{} has the mode {:04o}, so that others may read the secrets in it. Run: "
                          "chmod 0600 '{}', and give new secrets to the services they are for.",
                          path, status.st_mode & 07777U, path));
}

Result<Secrets> FileStore::load(const std::string& plugin) const {
  const auto path = path_of(plugin);
  if (!path) return tl::unexpected(path.error());
  const auto directory = trust::find_private_directory(*path);
  if (!directory) return tl::unexpected(directory.error());
  if (!directory->valid()) return Secrets();
  if (auto checked = check_unread(*directory, *path, plugin); !checked) {
    return tl::unexpected(checked.error());
  }
  auto text = trust::read_private_file(*directory, *path, kMaxFileBytes);
  if (!text) return tl::unexpected(text.error());
  auto secrets = parse(*text, *path);
  if (*text) trust::wipe(**text);
  return secrets;
}

Result<void> FileStore::update(const std::string& plugin, const Change& change) const {
  const auto path = path_of(plugin);
  if (!path) return tl::unexpected(path.error());
  const auto directory = trust::open_private_directory(*path);
  if (!directory) return tl::unexpected(directory.error());
  if (auto checked = check_unread(*directory, *path, plugin); !checked) return checked;
  return trust::update_private_file(
      *path, kMaxFileBytes, [&](const std::optional<std::string>& text) -> Result<std::string> {
        auto secrets = parse(text, *path);
        if (!secrets) return tl::unexpected(secrets.error());
        if (auto changed = change(*secrets); !changed) return tl::unexpected(changed.error());
        return to_text(*secrets);
      });
}

Result<std::optional<Secret>> FileStore::get(const Owner& owner, std::string_view name) {
  auto secrets = load(owner.plugin);
  if (!secrets) return tl::unexpected(secrets.error());
  const auto found = secrets->find(std::pair(owner.signer, std::string(name)));
  if (found == secrets->end()) return std::optional<Secret>();
  return std::optional(std::move(found->second));
}

Result<void> FileStore::set(const Owner& owner, std::string_view name, const Secret& secret) {
  return update(owner.plugin, [&](Secrets& secrets) -> Result<void> {
    std::vector<Listed> others = list_of(secrets);
    std::erase_if(others, [&](const Listed& other) { return other.signer != owner.signer; });
    if (auto checked = check_new(name, secret, others); !checked) return checked;
    Secret copy{trust::SecretBytes(secret.value.size()), secret.kind, secret.only_to};
    std::copy(secret.value.span().begin(), secret.value.span().end(), copy.value.data());
    secrets.insert_or_assign(std::pair(owner.signer, std::string(name)), std::move(copy));
    return {};
  });
}

Result<bool> FileStore::remove(const Owner& owner, std::string_view name) {
  bool was_there = false;
  auto updated = update(owner.plugin, [&](Secrets& secrets) -> Result<void> {
    was_there = secrets.erase(std::pair(owner.signer, std::string(name))) > 0;
    return {};
  });
  if (!updated) return tl::unexpected(updated.error());
  return was_there;
}

Result<std::vector<Listed>> FileStore::list(const std::string& plugin) {
  const auto secrets = load(plugin);
  if (!secrets) return tl::unexpected(secrets.error());
  return list_of(*secrets);
}

// A file that cannot be read goes, too: what is in it is not wanted any more.
Result<std::size_t> FileStore::remove_all(const std::string& plugin) {
  const auto path = path_of(plugin);
  if (!path) return tl::unexpected(path.error());
  const auto secrets = load(plugin);
  const auto directory = trust::find_private_directory(*path);
  if (!directory) return tl::unexpected(directory.error());
  if (!directory->valid()) return std::size_t{0};
  if (::unlinkat(directory->get(), plugin.c_str(), 0) != 0) {
    if (errno == ENOENT) return std::size_t{0};
    return trust::cannot("remove", *path, errno);
  }
  return secrets ? secrets->size() : std::size_t{1};
}

}  // namespace

std::unique_ptr<Store> open_file_store(const Places& places) {
  return std::make_unique<FileStore>(places.state + places.separator + "secrets");
}

}  // namespace midimon::secrets
