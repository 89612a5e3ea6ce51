// The hashes of a module: what a signature is over, and what people and programs name it by.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace midimon::trust {

using Sha256 = std::array<unsigned char, 32>;
using Blake2b512 = std::array<unsigned char, 64>;

struct Digest {
  Sha256 sha256{};
  Blake2b512 blake2b{};  // what a prehashed minisign signature signs
};

// Of bytes in memory, never of a path: what was checked must be what is used.
[[nodiscard]] Digest digest_of(std::span<const std::byte> bytes);

// In lower case.
[[nodiscard]] std::string to_hex(std::span<const unsigned char> bytes);
// 64 digits in lower case; nothing for any other text.
[[nodiscard]] std::optional<Sha256> parse_sha256(std::string_view hex);

}  // namespace midimon::trust
