// Which headers a stranger may put into a request: those that say nothing of the connection or of
// where the request begins and ends, without characters that would make one header two.
#pragma once

#include <string_view>

#include "midimon/result.h"
#include "net/client.h"

namespace midimon::net {

inline constexpr std::size_t kMaxHeaders = 64;
inline constexpr std::size_t kMaxHeaderValue = 8UL * 1024;

// Error: invalid, in a sentence that does not show the value, as it may be a secret.
Result<void> check_header(const Header& header);

// Whether `name`, in whatever case, is one that goes to the origin it was meant for and no other.
[[nodiscard]] bool is_credential(std::string_view name);

// Whether `value` of a Transfer-Encoding is one that was agreed on. libcurl undoes all that it
// knows, asked or not, and what was compressed several times over keeps it busy for hours.
[[nodiscard]] bool is_agreed_coding(std::string_view value);

// Whether `text` is a word as the names of headers and methods are (a token of RFC 9110, 5.6.2).
[[nodiscard]] bool is_token(std::string_view text);

}  // namespace midimon::net
