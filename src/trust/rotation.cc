#include "trust/rotation.h"

#include <fmt/format.h>

#include "midimon/plugin_id.h"
#include "trust/minisign_text.h"
#include "trust/signature.h"

namespace midimon::trust {
namespace {

constexpr std::string_view kWhat = "statement of a key's rotation";
constexpr std::string_view kHead = "midimon key rotation 1";
constexpr std::string_view kPlugin = "plugin: ";
constexpr std::string_view kOldKey = "old key: ";
constexpr std::string_view kNewKey = "new key: ";

}  // namespace

std::string to_file(const Rotation& rotation) {
  return fmt::format("{}\n{}{}\n{}{}\n{}{}\n", kHead, kPlugin, rotation.plugin, kOldKey,
                     to_string(rotation.old_key), kNewKey, to_string(rotation.new_key));
}

Result<Rotation> parse_rotation(std::string_view text) {
  const auto lines = split_lines(text, 4, kMaxKeyFile, kWhat);
  if (!lines) return tl::unexpected(lines.error());
  const auto& all = *lines;
  if (all[0] != kHead || !all[1].starts_with(kPlugin) || !all[2].starts_with(kOldKey) ||
      !all[3].starts_with(kNewKey)) {
    return fail(ErrorCode::invalid,
                fmt::format("This is no {}: its lines must begin with \"{}\", \"{}\", \"{}\" and "
                            "\"{}\".",
                            kWhat, kHead, kPlugin, kOldKey, kNewKey));
  }
  Rotation rotation;
  rotation.plugin = all[1].substr(kPlugin.size());
  const auto old_key = parse_public_key(all[2].substr(kOldKey.size()));
  const auto new_key = parse_public_key(all[3].substr(kNewKey.size()));
  if (!old_key) return tl::unexpected(old_key.error());
  if (!new_key) return tl::unexpected(new_key.error());
  rotation.old_key = *old_key;
  rotation.new_key = *new_key;
  if (!is_plugin_id(rotation.plugin) || *old_key == *new_key) {
    return fail(ErrorCode::invalid,
                fmt::format("This is no {}: it must name the id of a plugin and two keys that "
                            "differ.",
                            kWhat));
  }
  return rotation;
}

Result<Rotation> apply_rotation(Keyring& keyring, std::string_view statement,
                                std::string_view signature_text, UtcSeconds when) {
  auto rotation = parse_rotation(statement);
  if (!rotation) return rotation;
  const auto signature = parse_signature(signature_text);
  if (!signature) return tl::unexpected(signature.error());
  const std::span bytes(reinterpret_cast<const std::byte*>(statement.data()), statement.size());
  if (auto verified = verify(*signature, rotation->old_key, bytes); !verified) {
    return tl::unexpected(verified.error());
  }
  const KnownKey* signer = keyring.signer_of(rotation->plugin);
  if (signer == nullptr || signer->key != rotation->old_key || signer->revoked) {
    return fail(ErrorCode::denied,
                fmt::format("The key {} is not the one that signs the plugin {}{}, so it cannot "
                            "name the next one. If you trust the new key, run: midimon key trust "
                            "{} --plugin {}",
                            to_string(rotation->old_key.id), rotation->plugin,
                            signer != nullptr && signer->revoked ? ", as it is revoked" : "",
                            to_string(rotation->new_key), rotation->plugin));
  }
  if (auto trusted = keyring.trust({signer->name,
                                    rotation->new_key,
                                    TrustOrigin::rotation,
                                    when,
                                    {rotation->plugin},
                                    false,
                                    {}});
      !trusted) {
    return tl::unexpected(trusted.error());
  }
  return rotation;
}

}  // namespace midimon::trust
