#include "grants/signer.h"

namespace midimon::grants {
namespace {

constexpr std::string_view kUnsigned = "unsigned:";

}  // namespace

std::string Signer::text() const {
  if (const auto* key = std::get_if<trust::KeyId>(&who_)) return to_string(*key);
  return std::string(kUnsigned) + trust::to_hex(std::get<trust::Sha256>(who_));
}

std::optional<Signer> Signer::parse(std::string_view text) {
  if (text.starts_with(kUnsigned)) {
    text.remove_prefix(kUnsigned.size());
    const auto module = trust::parse_sha256(text);
    return module ? std::optional(Signer(*module)) : std::nullopt;
  }
  const auto key = trust::parse_key_id(text);
  return key ? std::optional(Signer(*key)) : std::nullopt;
}

}  // namespace midimon::grants
