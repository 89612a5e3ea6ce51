#include "store/judge.h"

#include <span>
#include <utility>

#include "trust/plugin_binding.h"
#include "trust/signature.h"

namespace midimon::store {
namespace {

std::optional<Claim> claim_of(std::string_view signature) {
  const auto parsed = trust::parse_signature(signature);
  if (!parsed) return {};
  const auto binding = trust::parse_binding(parsed->trusted_comment);
  if (!binding) return {};
  return Claim{binding->id, binding->version.text()};
}

std::span<const std::byte> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace

tl::unexpected<Refusal> refuse(trust::Decision decision) {
  return tl::unexpected(
      Refusal{{ErrorCode::denied, std::move(decision.message)}, decision.verdict});
}

Suspect::Suspect(const package::Package& package, Claim fallback)
    : Suspect(package.module(), package.text(package::kSignature), std::move(fallback)) {
  if (signature_) {
    if (auto claim = claim_of(*signature_)) claim_ = std::move(*claim);
  }
  // One that is damaged is none.
  if (const auto text = package.text(package::kSigner)) {
    if (const auto key = trust::parse_public_key(*text)) offered_key_ = *key;
  }
}

Suspect::Suspect(std::string_view module, std::optional<std::string_view> signature, Claim claim)
    : module_(module),
      signature_(signature),
      claim_(std::move(claim)),
      digest_(trust::digest_of(as_bytes(module))) {}

WasmPlugin::Bytes Suspect::bytes() const {
  return {as_bytes(module_), digest_.sha256};
}

trust::Decision Suspect::judge(const trust::Keyring& keyring,
                               const std::optional<trust::SemVer>& not_older_than,
                               bool unsigned_allowed) const {
  trust::Candidate candidate;
  candidate.id = claim_.id;
  candidate.version = claim_.version;
  candidate.digest = digest_;
  candidate.signature = signature_;
  candidate.offered_key = offered_key_;
  candidate.highest_seen = not_older_than;
  candidate.unsigned_allowed = unsigned_allowed;
  return trust::decide(candidate, keyring);
}

OrRefusal<grants::Signer> signer_of(const trust::Decision& decision, const Suspect& suspect) {
  if (!trust::may_run(decision.verdict)) return refuse(decision);
  const bool is_trusted = decision.verdict == trust::Verdict::trusted && decision.key.has_value();
  return is_trusted ? grants::Signer(*decision.key) : grants::Signer(suspect.digest().sha256);
}

void record(Runtime& runtime, audit::EventKind kind, const Claim& claim, std::string_view detail) {
  if (runtime.parts().recorder == nullptr) return;
  audit::Event event;
  event.kind = kind;
  if (kind == audit::EventKind::refuse) event.result = Errno::perm;
  event.plugin = claim.id;
  event.version = claim.version;
  event.detail = detail;
  runtime.parts().recorder->record(event);
}

void record(Runtime& runtime, const Claim& claim, const Refusal& refusal) {
  const std::string_view otherwise =
      refusal.error.code == ErrorCode::not_found ? "missing" : "unusable";
  record(runtime, audit::EventKind::refuse, claim,
         refusal.verdict ? to_string(*refusal.verdict) : otherwise);
}

}  // namespace midimon::store
