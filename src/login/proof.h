// Proves to an authorization server that who asks for the tokens is who sent the user there.
//
// Sources: RFC 7636 (PKCE, method S256), RFC 4648 (base64url), RFC 6749 section 10.12 (state).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "midimon/result.h"

namespace midimon::login {

struct Proof {
  std::string verifier;   // 43 characters, told to the server with the code and to nobody before
  std::string challenge;  // what the browser carries of it
  std::string state;      // 43 characters, by which the answer is known to be one to our question
};

// Of the system's random bytes. Error: io, it has none.
Result<Proof> make_proof();

[[nodiscard]] std::string challenge_of(std::string_view verifier);

// Without padding.
[[nodiscard]] std::string base64url(std::span<const unsigned char> bytes);

}  // namespace midimon::login
