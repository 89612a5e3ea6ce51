// The Keyring class knows which keys may sign which plugins, and which keys may no more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "midimon/result.h"
#include "trust/public_key.h"
#include "trust/utc.h"

namespace midimon::trust {

enum class TrustOrigin : std::uint8_t {
  pinned,     // the user named the key
  first_use,  // the user said yes when a plugin by it was first installed
  rotation,   // the key before it named it
};

// "pinned", "first-use", "rotation", as in the file.
[[nodiscard]] std::string_view to_string(TrustOrigin origin);
[[nodiscard]] std::optional<TrustOrigin> parse_trust_origin(std::string_view text);

struct Revocation {
  UtcSeconds when{};
  std::string reason;
};

struct KnownKey {
  std::string name;  // for people
  PublicKey key;
  TrustOrigin origin = TrustOrigin::pinned;
  UtcSeconds since{};
  // Plugins that this key signs and no other key may.
  std::vector<std::string> plugins;
  // Whether it may also sign each plugin that no key has signed yet. There are no patterns in
  // between: ids have no owner, so "acme-*" would trust a key for names that anyone can take.
  bool any_plugin = false;
  std::optional<Revocation> revoked;
};

// Not thread-safe.
class Keyring {
 public:
  [[nodiscard]] const std::vector<KnownKey>& keys() const { return keys_; }

  [[nodiscard]] const KnownKey* find(const KeyId& id) const;
  // The one with this id or with the same key under another id: an id is what its maker says.
  [[nodiscard]] const KnownKey* find(const PublicKey& key) const;
  // The key that `plugin` is bound to, revoked or not; null if no key signed it yet.
  [[nodiscard]] const KnownKey* signer_of(std::string_view plugin) const;
  // Whether `key`, one of keys(), is trusted to sign `plugin`.
  [[nodiscard]] bool may_sign(const KnownKey& key, std::string_view plugin) const;

  // Adds a key, or adds to what a known one may sign. Plugins in its list are bound to it from then
  // on, whoever signed them before. Errors: the key is revoked; its id is that of another key; a
  // text or an id of a plugin is not right.
  Result<void> trust(KnownKey key);
  // The same for one plugin that has no signer yet. Error also: it has one.
  Result<void> trust_first_use(const PublicKey& key, const std::string& name,
                               const std::string& plugin, UtcSeconds when);
  // Binds `plugin` to the key it was found to be signed by, one that may_sign() it.
  Result<void> bind(const KeyId& id, const std::string& plugin);
  // The key stays known, and so do the plugins bound to it: their next signer must be trusted by
  // name. A key that is not known can be revoked before it ever turns up.
  Result<void> revoke(const PublicKey& key, const std::string& name, Revocation revocation);

 private:
  KnownKey* find_mutable(const PublicKey& key);
  void take_from_others(const KnownKey& owner);

  std::vector<KnownKey> keys_;
};

// What a name or reason may be: 1 to 256 bytes of UTF-8 on one line.
[[nodiscard]] bool is_label(std::string_view text);

}  // namespace midimon::trust
