// SHA-256, and the chain that is made of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace midimon::audit {

using Hash = std::array<std::uint8_t, 32>;

// SHA-256 over the 32 bytes of `previous` and then `text`: the hash of a record whose line reads
// `text` up to its hash, after a record with the hash `previous`.
[[nodiscard]] Hash chain(const Hash& previous, std::string_view text);

[[nodiscard]] Hash sha256(std::span<const std::byte> bytes);

// 64 lower-case digits, and back; none for any other text.
[[nodiscard]] std::string to_hex(const Hash& hash);
[[nodiscard]] std::optional<Hash> from_hex(std::string_view text);

}  // namespace midimon::audit
