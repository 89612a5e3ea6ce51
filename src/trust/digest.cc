#include "trust/digest.h"

#include <fmt/format.h>
#include <sodium.h>

#include <cstdlib>

namespace midimon::trust {
namespace {

std::optional<unsigned> digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return {};
}

}  // namespace

Digest digest_of(std::span<const std::byte> bytes) {
  // Picks the fastest code for this processor, once.
  if (::sodium_init() < 0) std::abort();
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  Digest digest;
  ::crypto_hash_sha256(digest.sha256.data(), data, bytes.size());
  ::crypto_generichash(digest.blake2b.data(), digest.blake2b.size(), data, bytes.size(), nullptr,
                       0);
  return digest;
}

std::string to_hex(std::span<const unsigned char> bytes) {
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

std::optional<Sha256> parse_sha256(std::string_view hex) {
  Sha256 hash{};
  if (hex.size() != hash.size() * 2) return {};
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const auto high = digit(hex[2 * i]);
    const auto low = digit(hex[2 * i + 1]);
    if (!high || !low) return {};
    hash[i] = static_cast<unsigned char>(*high << 4 | *low);
  }
  return hash;
}

}  // namespace midimon::trust
