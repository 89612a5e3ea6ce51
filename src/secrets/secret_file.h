// The text of a file of secrets, which only their owner may read.
//
//   midimon secrets 1
//   SIGNER KIND NAME HEX
//
// A line for each secret, in the order of signer and name; HEX are its bytes, "-" if it has none.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "midimon/result.h"
#include "secrets/secret.h"

namespace midimon::secrets {

inline constexpr std::size_t kMaxFileBytes = 8UL * 1024 * 1024;

// By signer and name.
using Secrets = std::map<std::pair<std::string, std::string>, Secret>;

// Errors: invalid, in which line something is wrong; nothing of the line is told.
Result<Secrets> parse_secrets(std::string_view text);
// What parse_secrets() reads. It is secret: see trust::wipe().
[[nodiscard]] std::string to_text(const Secrets& secrets);

}  // namespace midimon::secrets
