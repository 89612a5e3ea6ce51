// Signatures in minisign's format: read, checked and written.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "midimon/result.h"
#include "trust/digest.h"
#include "trust/public_key.h"

namespace midimon::trust {

struct Signature {
  enum class Kind {
    legacy,     // "Ed": over the message itself. Read, never made
    prehashed,  // "ED": over the message's BLAKE2b-512
  };

  Kind kind = Kind::prehashed;
  KeyId key_id;                                   // anyone can write any id here
  std::array<unsigned char, 64> bytes{};          // of the message
  std::array<unsigned char, 64> comment_bytes{};  // of `bytes` and the trusted comment
  std::string untrusted_comment;                  // signed by nobody
  std::string trusted_comment;
};

// Reads the four lines of a .minisig file. Nothing in it is trusted yet.
Result<Signature> parse_signature(std::string_view text);
[[nodiscard]] std::string to_file(const Signature& signature);

// Whether `key` made the trusted comment, together with the signature of some message.
[[nodiscard]] bool comment_is_genuine(const Signature& signature, const PublicKey& key);
// Whether `key` signed the message with this hash. Only for prehashed signatures; false for others.
[[nodiscard]] bool signs(const Signature& signature, const PublicKey& key,
                         const Blake2b512& blake2b);

// Whether `key` signed `message` and the trusted comment: what `minisign -V` checks. The error says
// which of them does not hold.
Result<void> verify(const Signature& signature, const PublicKey& key,
                    std::span<const std::byte> message);

}  // namespace midimon::trust
