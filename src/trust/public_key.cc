#include "trust/public_key.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <charconv>

#include "trust/minisign_text.h"

namespace midimon::trust {
namespace {

constexpr std::string_view kWhat = "minisign public key";
constexpr std::size_t kSize = 2 + 8 + 32;  // "Ed", id, key
using Packed = std::array<unsigned char, kSize>;

Packed pack(const PublicKey& key) {
  Packed packed{'E', 'd'};
  std::copy(key.id.bytes.begin(), key.id.bytes.end(), packed.begin() + 2);
  std::copy(key.ed25519.begin(), key.ed25519.end(), packed.begin() + 10);
  return packed;
}

}  // namespace

// minisign shows the bytes as a little-endian number.
std::string to_string(const KeyId& id) {
  auto bytes = id.bytes;
  std::reverse(bytes.begin(), bytes.end());
  return fmt::format("{:02X}", fmt::join(bytes, ""));
}

std::optional<KeyId> parse_key_id(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (text.size() != 16 || error != std::errc() || end != text.data() + text.size()) return {};
  KeyId id;
  for (unsigned char& byte : id.bytes) {
    byte = static_cast<unsigned char>(number & 0xFFU);
    number >>= 8;
  }
  return id;
}

std::string to_string(const PublicKey& key) {
  return encode_base64(pack(key));
}

std::string to_file(const PublicKey& key) {
  return fmt::format("{}{} {}\n{}\n", kUntrusted, kWhat, to_string(key.id), to_string(key));
}

Result<PublicKey> parse_public_key(std::string_view text) {
  const bool is_file = text.starts_with(kUntrusted);
  const auto lines = split_lines(text, is_file ? 2 : 1, kMaxKeyFile, kWhat);
  if (!lines) return tl::unexpected(lines.error());
  if (is_file) {
    const auto comment = read_comment(lines->front(), kUntrusted, kMaxUntrustedComment, kWhat);
    if (!comment) return tl::unexpected(comment.error());
  }
  Packed packed{};
  if (!decode_base64(lines->back(), packed)) {
    return fail(ErrorCode::invalid,
                "This is no minisign public key: it must be 56 characters of base64 that begin "
                "with RW, in a file after a line with a comment.");
  }
  if (packed[0] != 'E' || packed[1] != 'd') {
    return fail(ErrorCode::unsupported,
                "This is no minisign public key: it is for another algorithm than Ed25519.");
  }
  PublicKey key;
  std::copy_n(packed.begin() + 2, key.id.bytes.size(), key.id.bytes.begin());
  std::copy_n(packed.begin() + 10, key.ed25519.size(), key.ed25519.begin());
  return key;
}

}  // namespace midimon::trust
