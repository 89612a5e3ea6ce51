// The Signer class is who vouches for a module, as grants know it: a key, or nobody, and then a
// grant is for these bytes alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "trust/digest.h"
#include "trust/public_key.h"

namespace midimon::grants {

class Signer {
 public:
  // The key whose signature was checked.
  explicit Signer(const trust::KeyId& key) : who_(key) {}
  // The hash of a module that no trusted key has signed.
  explicit Signer(const trust::Sha256& module) : who_(module) {}

  [[nodiscard]] bool is_unsigned() const { return who_.index() == 1; }
  friend bool operator==(const Signer&, const Signer&) = default;

  // "6F1C0A2B3C4D5E6F", the key's id, or "unsigned:" and the module's SHA-256.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] static std::optional<Signer> parse(std::string_view text);

 private:
  std::variant<trust::KeyId, trust::Sha256> who_;
};

}  // namespace midimon::grants
