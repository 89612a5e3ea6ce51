// The OciChallenge struct is how a registry wants to be told who asks: what its WWW-Authenticate
// header says, as RFC 9110 and the token specification of Docker's registry have it.
#pragma once

#include <string>
#include <string_view>

#include "midimon/result.h"

namespace midimon::registry {

inline constexpr std::size_t kMaxChallengeBytes = 8192;

struct OciChallenge {
  enum class Scheme { basic, bearer };

  Scheme scheme = Scheme::basic;
  // Of bearer: the URL where tokens are had, which may be any text, and what to ask for there.
  std::string realm;
  std::string service;
  std::string scope;
};

// Of several challenges, Bearer goes before Basic, and others are passed over. Error: there is
// neither, or the header is malformed.
Result<OciChallenge> parse_oci_challenge(std::string_view header);

// The URL of a token to pull from the repository `name`, and for nothing more whatever the
// challenge asks for. Error: the realm is no URL, or is neither https nor, for a registry on this
// machine (`loopback`), on this machine too.
Result<std::string> token_url(const OciChallenge& challenge, std::string_view name, bool loopback);

// The token in what that URL answers, fit for a header.
Result<std::string> parse_token(std::string_view json);

}  // namespace midimon::registry
