#include "trust/decision.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "trust/plugin_binding.h"
#include "trust/signature.h"

namespace midimon::trust {
namespace {

std::string named(const KnownKey& known) {
  return fmt::format("\"{}\" ({})", escape_line(known.name), to_string(known.key.id));
}

// The checks in their order. Each gives a decision if it settles the matter.
class Judge {
 public:
  Judge(const Candidate& candidate, const Keyring& keyring, const Signature& signature)
      : candidate_(candidate), keyring_(keyring), signature_(signature) {}

  Decision judge() {
    if (auto decision = find_key()) return *decision;
    if (auto decision = check_signature()) return *decision;
    if (auto decision = check_signer()) return *decision;
    return check_version();
  }

 private:
  [[nodiscard]] Decision say(Verdict verdict, std::string message) const {
    return {verdict, std::move(message), signature_.key_id};
  }
  [[nodiscard]] std::string plugin() const {
    return escape_line(candidate_.id) + (candidate_.version.empty() ? "" : " ") +
           escape_line(candidate_.version);
  }

  std::optional<Decision> find_key();
  [[nodiscard]] std::optional<Decision> check_signature() const;
  [[nodiscard]] std::optional<Decision> check_signer() const;
  [[nodiscard]] Decision check_version() const;
  [[nodiscard]] Decision changed_signer(const KnownKey& bound) const;

  const Candidate& candidate_;
  const Keyring& keyring_;
  const Signature& signature_;
  const KnownKey* known_ = nullptr;
  PublicKey key_;
};

Decision Judge::changed_signer(const KnownKey& bound) const {
  return say(Verdict::changed_signer,
             fmt::format(
                 "{} is signed by the key {}, but this plugin has been signed by {}. Ask its "
                 "author. If the key was replaced, get the statement that says so and run "
                 "`midimon key trust --rotation FILE`, or trust the new key by name with "
                 "`midimon key trust KEY --plugin {}`.",
                 plugin(), to_string(signature_.key_id), named(bound), escape_line(candidate_.id)));
}

std::optional<Decision> Judge::find_key() {
  const KnownKey* same_id = keyring_.find(signature_.key_id);
  const bool offered = candidate_.offered_key && candidate_.offered_key->id == signature_.key_id;
  // The same key under another id does not get around its revocation.
  const KnownKey* same_key = offered ? keyring_.find(*candidate_.offered_key) : nullptr;
  known_ = same_id != nullptr ? same_id : same_key;
  if (known_ != nullptr && known_->revoked) {
    return say(Verdict::revoked_key,
               fmt::format("{} is signed by the key {}, which was revoked at {}: {}. Get a version "
                           "that is signed by another key of its author.",
                           plugin(), named(*known_), format_utc(known_->revoked->when),
                           escape_line(known_->revoked->reason)));
  }
  if (known_ != nullptr) {
    key_ = known_->key;
    return std::nullopt;
  }
  if (offered) {
    key_ = *candidate_.offered_key;
    return std::nullopt;
  }
  if (const KnownKey* bound = keyring_.signer_of(candidate_.id)) return changed_signer(*bound);
  return say(Verdict::unknown_signer,
             fmt::format("{} is signed by the key {}, which is not known here, so it cannot be "
                         "checked. Get the key from its author and run `midimon key trust KEY "
                         "--plugin {}`.",
                         plugin(), to_string(signature_.key_id), escape_line(candidate_.id)));
}

std::optional<Decision> Judge::check_signature() const {
  if (signature_.kind == Signature::Kind::legacy) {
    return say(Verdict::bad_signature,
               "The signature is of minisign's legacy kind, which is not taken for plugins. Its "
               "author can sign it anew with `midimon key sign`.");
  }
  if (!comment_is_genuine(signature_, key_)) {
    return say(
        Verdict::bad_signature,
        fmt::format("The signature of {} is not by the key {} that it names, or was changed. "
                    "Get the plugin and its signature anew.",
                    plugin(), to_string(key_.id)));
  }
  // From here on what the comment says is what the signer said.
  const auto binding = parse_binding(signature_.trusted_comment);
  if (!binding) return say(Verdict::unbound, binding.error().message);
  if (binding->id != candidate_.id || binding->version.text() != candidate_.version) {
    return say(
        Verdict::wrong_plugin,
        fmt::format("The signature is for {} {}, not for {}. Get the one that belongs to it.",
                    binding->id, binding->version.text(), plugin()));
  }
  const bool bytes_signed = signs(signature_, key_, candidate_.digest.blake2b);
  const bool hash_named = binding->sha256 == candidate_.digest.sha256;
  if (bytes_signed && hash_named) return std::nullopt;
  if (!bytes_signed && !hash_named) {
    return say(Verdict::tampered,
               fmt::format("The module of {} is not the one that was signed: it was changed since. "
                           "Do not use it; get it anew from its author.",
                           plugin()));
  }
  return bytes_signed
             ? say(Verdict::wrong_plugin,
                   fmt::format(
                       "The signature of {} names another module than the one it signs. Its "
                       "author can sign it anew with `midimon key sign`.",
                       plugin()))
             : say(Verdict::bad_signature,
                   fmt::format("The signature of {} does not hold for its module, though it names "
                               "it. Its author can sign it anew with `midimon key sign`.",
                               plugin()));
}

std::optional<Decision> Judge::check_signer() const {
  const KnownKey* bound = keyring_.signer_of(candidate_.id);
  if (bound != nullptr && bound != known_) return changed_signer(*bound);
  if (known_ != nullptr && !keyring_.may_sign(*known_, candidate_.id)) {
    return say(
        Verdict::not_allowed,
        fmt::format("{} is signed by {}, which is trusted, but not for this plugin. If it may "
                    "sign it, run `midimon key trust {} --plugin {}`.",
                    plugin(), named(*known_), to_string(known_->key), escape_line(candidate_.id)));
  }
  return std::nullopt;
}

Decision Judge::check_version() const {
  // The signature is for this version by the letter, so it is one that can be compared.
  const auto version = SemVer::parse(candidate_.version);
  if (candidate_.highest_seen && (!version || *version < *candidate_.highest_seen)) {
    return say(Verdict::downgrade,
               fmt::format("{} is older than {}, which was in use here. An old version can have "
                           "faults that are known; get the latest one.",
                           plugin(), candidate_.highest_seen->text()));
  }
  if (known_ != nullptr) {
    return say(Verdict::trusted, fmt::format("{} is signed by {}.", plugin(), named(*known_)));
  }
  return say(
      Verdict::first_use,
      fmt::format("{} is signed by the key {}, and the signature holds, but the key is not "
                  "known here. If you have it from a place that you trust, run `midimon key "
                  "trust {} --plugin {}`.",
                  plugin(), to_string(key_.id), to_string(key_), escape_line(candidate_.id)));
}

Decision decide_unsigned(const Candidate& candidate) {
  const std::string id = escape_line(candidate.id);
  if (candidate.unsigned_allowed) {
    return {Verdict::unsigned_allowed,
            fmt::format(
                "{} is not signed, and runs because you allowed that: nobody vouches for it.", id),
            {}};
  }
  return {Verdict::missing_signature,
          fmt::format("{} is not signed: there is no .minisig next to its module. Get it from its "
                      "author, or sign it yourself with `midimon key sign`. To use it all the "
                      "same, add --unsigned, or `unsigned = true` to it in the profile.",
                      id),
          {}};
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  constexpr std::string_view kNames[] = {
      "trusted",      "first_use",     "unsigned_allowed", "unknown_signer",    "changed_signer",
      "revoked_key",  "bad_signature", "tampered",         "missing_signature", "unbound",
      "wrong_plugin", "downgrade",     "not_allowed"};
  return kNames[static_cast<std::size_t>(verdict)];
}

bool may_run(Verdict verdict) {
  return verdict == Verdict::trusted || verdict == Verdict::unsigned_allowed;
}

Decision decide(const Candidate& candidate, const Keyring& keyring) {
  if (!candidate.signature) return decide_unsigned(candidate);
  const auto signature = parse_signature(*candidate.signature);
  if (!signature) return {Verdict::bad_signature, signature.error().message, {}};
  return Judge(candidate, keyring, *signature).judge();
}

}  // namespace midimon::trust
