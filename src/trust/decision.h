// decide() says whether a plugin may be used: one pure function of the plugin's bytes, its
// signature and what the user trusts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "trust/digest.h"
#include "trust/keyring.h"
#include "trust/semver.h"

namespace midimon::trust {

enum class Verdict {
  trusted,            // may run
  first_use,          // genuine, by the key that came with it, which nobody knows: ask the user
  unsigned_allowed,   // not signed, and the user said that it need not be: say so at every start
  unknown_signer,     // by a key that nobody knows and that did not come along
  changed_signer,     // the plugin is bound to another key
  revoked_key,        // the key is revoked
  bad_signature,      // not a signature, or not by the key that it names
  tampered,           // the signer vouched for other bytes under this id and version
  missing_signature,  // there is none
  unbound,            // it does not say which plugin it is for
  wrong_plugin,       // it is for another id, another version or another module
  downgrade,          // an older version than one that was seen
  not_allowed,        // the key is trusted, and not for this plugin
};

// "changed_signer", for programs.
[[nodiscard]] std::string_view to_string(Verdict verdict);
// Trusted, or not signed and allowed so. A first use is not: it waits for an answer.
[[nodiscard]] bool may_run(Verdict verdict);

struct Candidate {
  // What the plugin is taken to be. Whoever learns it from the signature's own comment must compare
  // it with the plugin's metadata afterwards.
  std::string_view id;
  std::string_view version;
  Digest digest;                              // of the bytes that will be compiled
  std::optional<std::string_view> signature;  // the text of its .minisig
  std::optional<PublicKey> offered_key;       // the one that came with it
  std::optional<SemVer> highest_seen;         // of this plugin, ever
  bool unsigned_allowed = false;
};

struct Decision {
  Verdict verdict = Verdict::missing_signature;
  std::string message;       // what is so and what to do, in sentences
  std::optional<KeyId> key;  // that the signature names
};

// Only prehashed signatures are taken: the bytes that say which kind one is are not signed, and
// midimon makes no others.
[[nodiscard]] Decision decide(const Candidate& candidate, const Keyring& keyring);

}  // namespace midimon::trust
