#include "trust/signature.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <vector>

#include "trust/minisign_text.h"

namespace midimon::trust {
namespace {

constexpr std::string_view kWhat = "minisign signature";
using Packed = std::array<unsigned char, 2 + 8 + 64>;  // "Ed" or "ED", key id, signature

bool verify_detached(const std::array<unsigned char, 64>& signature,
                     std::span<const unsigned char> message, const PublicKey& key) {
  return ::crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                       key.ed25519.data()) == 0;
}

tl::unexpected<Error> not_base64(int line) {
  return fail(ErrorCode::invalid,
              fmt::format("This is no {}: line {} is not the base64 that must stand there; the "
                          "file may be damaged.",
                          kWhat, line));
}

}  // namespace

Result<Signature> parse_signature(std::string_view text) {
  const auto lines = split_lines(text, 4, kMaxSignatureFile, kWhat);
  if (!lines) return tl::unexpected(lines.error());
  const auto untrusted = read_comment((*lines)[0], kUntrusted, kMaxUntrustedComment, kWhat);
  if (!untrusted) return tl::unexpected(untrusted.error());
  const auto trusted = read_comment((*lines)[2], kTrusted, kMaxTrustedComment, kWhat);
  if (!trusted) return tl::unexpected(trusted.error());

  Signature signature;
  Packed packed{};
  if (!decode_base64((*lines)[1], packed)) return not_base64(2);
  if (!decode_base64((*lines)[3], signature.comment_bytes)) return not_base64(4);
  if (packed[0] != 'E' || (packed[1] != 'd' && packed[1] != 'D')) {
    return fail(ErrorCode::unsupported,
                fmt::format("This is no {}: it is of another algorithm than Ed25519.", kWhat));
  }
  signature.kind = packed[1] == 'D' ? Signature::Kind::prehashed : Signature::Kind::legacy;
  std::copy_n(packed.begin() + 2, 8, signature.key_id.bytes.begin());
  std::copy_n(packed.begin() + 10, 64, signature.bytes.begin());
  signature.untrusted_comment = *untrusted;
  signature.trusted_comment = *trusted;
  return signature;
}

std::string to_file(const Signature& signature) {
  Packed packed{'E', 'd'};
  if (signature.kind == Signature::Kind::prehashed) packed[1] = 'D';
  std::copy_n(signature.key_id.bytes.begin(), 8, packed.begin() + 2);
  std::copy_n(signature.bytes.begin(), 64, packed.begin() + 10);
  return fmt::format("{}{}\n{}\n{}{}\n{}\n", kUntrusted, signature.untrusted_comment,
                     encode_base64(packed), kTrusted, signature.trusted_comment,
                     encode_base64(signature.comment_bytes));
}

bool comment_is_genuine(const Signature& signature, const PublicKey& key) {
  std::vector<unsigned char> signed_bytes(signature.bytes.begin(), signature.bytes.end());
  signed_bytes.insert(signed_bytes.end(), signature.trusted_comment.begin(),
                      signature.trusted_comment.end());
  return signature.key_id == key.id && verify_detached(signature.comment_bytes, signed_bytes, key);
}

bool signs(const Signature& signature, const PublicKey& key, const Blake2b512& blake2b) {
  return signature.kind == Signature::Kind::prehashed && signature.key_id == key.id &&
         verify_detached(signature.bytes, blake2b, key);
}

Result<void> verify(const Signature& signature, const PublicKey& key,
                    std::span<const std::byte> message) {
  if (signature.key_id != key.id) {
    return fail(ErrorCode::denied, fmt::format("The signature was made by the key {}, not by {}.",
                                               to_string(signature.key_id), to_string(key.id)));
  }
  const std::span raw(reinterpret_cast<const unsigned char*>(message.data()), message.size());
  const bool holds = signature.kind == Signature::Kind::prehashed
                         ? signs(signature, key, digest_of(message).blake2b)
                         : verify_detached(signature.bytes, raw, key);
  if (!holds) {
    return fail(ErrorCode::denied,
                "The signature does not hold: the file is not the one that was signed, or the "
                "signature was changed. Get both anew from whoever made them.");
  }
  if (!comment_is_genuine(signature, key)) {
    return fail(ErrorCode::denied,
                "The trusted comment is not the one that was signed. Get the signature anew from "
                "whoever made it.");
  }
  return {};
}

}  // namespace midimon::trust
