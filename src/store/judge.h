// Whether the bytes of a plugin may be used: the one way to trust::decide() for all that loads or
// installs one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "audit/event.h"
#include "grants/signer.h"
#include "midimon/plugin.h"
#include "midimon/result.h"
#include "package/package.h"
#include "plugins/runtime.h"
#include "trust/decision.h"

namespace midimon::store {

// Why a plugin is not used. The verdict is that on its signature, where that is the reason.
struct Refusal {
  Error error;
  std::optional<trust::Verdict> verdict;
};

template <typename T>
using OrRefusal = tl::expected<T, Refusal>;

[[nodiscard]] inline tl::unexpected<Refusal> refuse(Error error) {
  return tl::unexpected(Refusal{std::move(error), {}});
}
[[nodiscard]] tl::unexpected<Refusal> refuse(trust::Decision decision);

// Which plugin a module is taken to be, until it has been judged and asked.
struct Claim {
  std::string id;
  std::string version;
};

// The module of a package with all that is judged of it. Its bytes are hashed once, here; what is
// run, written or loaded later are these bytes.
class Suspect {
 public:
  // `package` outlives this. Of a signature that cannot be read, or says nothing of a plugin, the
  // claim is `fallback`, whose version may be empty.
  Suspect(const package::Package& package, Claim fallback);
  // The same for a module that was stored as the version that `claim` names.
  Suspect(std::string_view module, std::optional<std::string_view> signature, Claim claim);

  [[nodiscard]] const Claim& claim() const { return claim_; }
  [[nodiscard]] bool is_signed() const { return signature_.has_value(); }
  [[nodiscard]] WasmPlugin::Bytes bytes() const;
  [[nodiscard]] const trust::Digest& digest() const { return digest_; }
  // By the package, or as the user gave it. Has no authority: decide() compares.
  [[nodiscard]] const std::optional<trust::PublicKey>& offered_key() const { return offered_key_; }

  // Of a module that is not signed: what it says itself.
  void set_claim(Claim claim) { claim_ = std::move(claim); }
  void offer(const trust::PublicKey& key) { offered_key_ = key; }

  [[nodiscard]] trust::Decision judge(const trust::Keyring& keyring,
                                      const std::optional<trust::SemVer>& not_older_than,
                                      bool unsigned_allowed) const;

 private:
  std::string_view module_;
  std::optional<std::string_view> signature_;
  Claim claim_;
  trust::Digest digest_;
  std::optional<trust::PublicKey> offered_key_;
};

// Whose grants a plugin has that was judged so: those of the key that signed it, or of these bytes
// alone. Refused if it may not run.
[[nodiscard]] OrRefusal<grants::Signer> signer_of(const trust::Decision& decision,
                                                  const Suspect& suspect);

// Puts an event of a plugin into the audit journal, if there is one.
void record(Runtime& runtime, audit::EventKind kind, const Claim& claim, std::string_view detail);
// The same for a refusal.
void record(Runtime& runtime, const Claim& claim, const Refusal& refusal);

}  // namespace midimon::store
