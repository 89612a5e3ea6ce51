#include "trust/keyring.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "midimon/plugin_id.h"

namespace midimon::trust {
namespace {

constexpr std::array<std::string_view, 3> kOrigins = {"pinned", "first-use", "rotation"};
constexpr std::size_t kMaxLabel = 256;

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

Result<void> check_texts(const KnownKey& key) {
  if (!is_label(key.name) || (key.revoked && !is_label(key.revoked->reason))) {
    return fail(ErrorCode::invalid,
                fmt::format("The name of a key and the reason for its revocation must be one line "
                            "of 1 to {} bytes each.",
                            kMaxLabel));
  }
  for (const std::string& plugin : key.plugins) {
    if (!is_plugin_id(plugin)) {
      return fail(
          ErrorCode::invalid,
          fmt::format("\"{}\" is no plugin id. Give the id of one plugin, or * for all that "
                      "no other key has signed.",
                      escape_line(plugin.substr(0, 64))));
    }
  }
  return {};
}

Result<void> check_same_key(const KnownKey& known, const PublicKey& key) {
  if (known.key == key) return {};
  return fail(
      ErrorCode::denied,
      fmt::format("The key {} has the id or the key of another one that is known, \"{}\" "
                  "({}), but is not the same. Ask whoever gave it to you; it may be made to "
                  "be taken for that one.",
                  to_string(key.id), escape_line(known.name), to_string(known.key.id)));
}

tl::unexpected<Error> is_revoked(const KnownKey& key) {
  return fail(
      ErrorCode::denied,
      fmt::format("The key {} (\"{}\") was revoked at {}: {}. Ask its owner for the key that "
                  "replaces it.",
                  to_string(key.key.id), escape_line(key.name), format_utc(key.revoked->when),
                  escape_line(key.revoked->reason)));
}

}  // namespace

std::string_view to_string(TrustOrigin origin) {
  return kOrigins[static_cast<std::size_t>(origin)];
}

std::optional<TrustOrigin> parse_trust_origin(std::string_view text) {
  for (std::size_t i = 0; i < kOrigins.size(); ++i) {
    if (kOrigins[i] == text) return static_cast<TrustOrigin>(i);
  }
  return {};
}

bool is_label(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  return !text.empty() && text.size() <= kMaxLabel && is_utf8(text) &&
         std::none_of(text.begin(), text.end(), is_control);
}

const KnownKey* Keyring::find(const KeyId& id) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(),
                                  [&](const KnownKey& known) { return known.key.id == id; });
  return found == keys_.end() ? nullptr : &*found;
}

const KnownKey* Keyring::find(const PublicKey& key) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const KnownKey& known) {
    return known.key.id == key.id || known.key.ed25519 == key.ed25519;
  });
  return found == keys_.end() ? nullptr : &*found;
}

KnownKey* Keyring::find_mutable(const PublicKey& key) {
  return const_cast<KnownKey*>(std::as_const(*this).find(key));
}

const KnownKey* Keyring::signer_of(std::string_view plugin) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const KnownKey& known) {
    return contains(known.plugins, plugin);
  });
  return found == keys_.end() ? nullptr : &*found;
}

bool Keyring::may_sign(const KnownKey& key, std::string_view plugin) const {
  if (key.revoked) return false;
  const KnownKey* signer = signer_of(plugin);
  return signer == nullptr ? key.any_plugin : signer == &key;
}

void Keyring::take_from_others(const KnownKey& owner) {
  for (KnownKey& other : keys_) {
    if (&other == &owner) continue;
    std::erase_if(other.plugins,
                  [&](const std::string& plugin) { return contains(owner.plugins, plugin); });
  }
}

Result<void> Keyring::trust(KnownKey key) {
  if (auto checked = check_texts(key); !checked) return checked;
  KnownKey* known = find_mutable(key.key);
  if (known == nullptr) {
    key.revoked.reset();
    known = &keys_.emplace_back(std::move(key));
  } else {
    if (auto same = check_same_key(*known, key.key); !same) return same;
    if (known->revoked) return is_revoked(*known);
    known->any_plugin = known->any_plugin || key.any_plugin;
    known->plugins.insert(known->plugins.end(), key.plugins.begin(), key.plugins.end());
  }
  std::sort(known->plugins.begin(), known->plugins.end());
  known->plugins.erase(std::unique(known->plugins.begin(), known->plugins.end()),
                       known->plugins.end());
  take_from_others(*known);
  return {};
}

Result<void> Keyring::trust_first_use(const PublicKey& key, const std::string& name,
                                      const std::string& plugin, UtcSeconds when) {
  const KnownKey* signer = signer_of(plugin);
  if (signer != nullptr && signer->key != key) {
    return fail(
        ErrorCode::denied,
        fmt::format("The plugin {} is signed by the key {} (\"{}\"), so this is not the "
                    "first use of it.",
                    escape_line(plugin), to_string(signer->key.id), escape_line(signer->name)));
  }
  return trust({name, key, TrustOrigin::first_use, when, {plugin}, false, {}});
}

Result<void> Keyring::bind(const KeyId& id, const std::string& plugin) {
  const KnownKey* known = find(id);
  if (known == nullptr || !may_sign(*known, plugin)) {
    return fail(ErrorCode::denied, fmt::format("The key {} is not trusted to sign the plugin {}.",
                                               to_string(id), escape_line(plugin)));
  }
  KnownKey bound = *known;
  bound.plugins = {plugin};
  return trust(std::move(bound));
}

Result<void> Keyring::revoke(const PublicKey& key, const std::string& name, Revocation revocation) {
  KnownKey entry{name, key, TrustOrigin::pinned, revocation.when, {}, false, std::move(revocation)};
  if (auto checked = check_texts(entry); !checked) return checked;
  KnownKey* known = find_mutable(key);
  if (known == nullptr) {
    keys_.push_back(std::move(entry));
    return {};
  }
  if (auto same = check_same_key(*known, key); !same) return same;
  if (!known->revoked) known->revoked = std::move(entry.revoked);  // the first date counts
  return {};
}

}  // namespace midimon::trust
