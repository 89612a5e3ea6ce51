#include "trust/keyring_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/unique_fd.h"
#include "trust/keyring_toml.h"
#include "trust/private_file.h"

namespace midimon::trust {
namespace {

Result<Keyring> read(const UniqueFd& directory, const std::string& path) {
  const auto text = read_private_file(directory, path, kMaxKeyringBytes);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return Keyring();
  return parse_keyring(**text, path);
}

}  // namespace

std::string keyring_path(const Places& places) {
  return places.config + places.separator + "trusted_keys.toml";
}

Result<Keyring> load_keyring(const std::string& path) {
  const auto directory = find_private_directory(path);
  if (!directory) return tl::unexpected(directory.error());
  return directory->valid() ? read(*directory, path) : Keyring();
}

Result<void> update_keyring(const std::string& path,
                            const std::function<Result<void>(Keyring&)>& change) {
  const auto directory = open_private_directory(path);
  if (!directory) return tl::unexpected(directory.error());
  // The directory is what is locked: the file itself is another one after each change.
  while (::flock(directory->get(), LOCK_EX) != 0) {
    if (errno != EINTR) return cannot("lock the directory of", path, errno);
  }
  auto keyring = read(*directory, path);
  if (!keyring) return tl::unexpected(keyring.error());
  if (auto changed = change(*keyring); !changed) return changed;
  const std::string text = to_toml(*keyring);
  return replace_file(*directory, path,
                      {reinterpret_cast<const unsigned char*>(text.data()), text.size()}, 0600);
}

}  // namespace midimon::trust
