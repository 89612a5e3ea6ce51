// SHA-1, which the handshake of WebSockets is made with and nothing else should be.
//
// Source: FIPS 180-4, 6.1.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace midimon::net {

[[nodiscard]] std::array<std::uint8_t, 20> sha1(std::string_view text);

}  // namespace midimon::net
