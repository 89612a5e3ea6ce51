#include "trust/keyring_file.h"

#include <optional>

#include "trust/keyring_toml.h"
#include "trust/private_file.h"

namespace midimon::trust {
namespace {

Result<Keyring> parse(const std::optional<std::string>& text, const std::string& path) {
  if (!text) return Keyring();
  return parse_keyring(*text, path);
}

}  // namespace

std::string keyring_path(const Places& places) {
  return places.config + places.separator + "trusted_keys.toml";
}

Result<Keyring> load_keyring(const std::string& path) {
  const auto directory = find_private_directory(path);
  if (!directory) return tl::unexpected(directory.error());
  if (!directory->valid()) return Keyring();
  const auto text = read_private_file(*directory, path, kMaxKeyringBytes);
  if (!text) return tl::unexpected(text.error());
  return parse(*text, path);
}

Result<void> update_keyring(const std::string& path,
                            const std::function<Result<void>(Keyring&)>& change) {
  return update_private_file(path, kMaxKeyringBytes,
                             [&](const std::optional<std::string>& text) -> Result<std::string> {
                               auto keyring = parse(text, path);
                               if (!keyring) return tl::unexpected(keyring.error());
                               if (auto changed = change(*keyring); !changed)
                                 return tl::unexpected(changed.error());
                               return to_toml(*keyring);
                             });
}

}  // namespace midimon::trust
