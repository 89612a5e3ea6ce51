// SHA-256 (FIPS 180-4) and base64, of which the answer to OBS's challenge is made.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace obs {

using Sha256 = std::array<std::uint8_t, 32>;

[[nodiscard]] Sha256 sha256(std::string_view bytes);

[[nodiscard]] std::string base64(std::string_view bytes);

// The bytes that a base64 text with its padding stands for; false if it is none. What `bytes` had
// is gone.
[[nodiscard]] bool decode_base64(std::string_view text, std::string& bytes);

// What obs-websocket 5 wants to hear of a client that knows the password: it hashes the password
// with `salt`, and that with `challenge`.
[[nodiscard]] std::string answer_challenge(std::string_view password, std::string_view salt,
                                           std::string_view challenge);

}  // namespace obs
