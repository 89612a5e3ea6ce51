// What an authorization server gives for a code, as it writes it (RFC 6749 5.1 and 5.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "midimon/result.h"

namespace midimon::login {

inline constexpr std::size_t kMaxTokenAnswer = 64UL * 1024;
inline constexpr std::size_t kMaxTokenBytes = 8UL * 1024;

// Both are secret; their owner wipes them (trust::wipe()).
struct Tokens {
  std::string access_token;
  std::string refresh_token;    // empty: it gave none
  std::int64_t expires_in = 0;  // seconds; 0: it does not say
};

// Error: what the server says is wrong, or that it says no such thing; nothing of a token is in it.
Result<Tokens> read_tokens(int status, std::string_view body);

}  // namespace midimon::login
