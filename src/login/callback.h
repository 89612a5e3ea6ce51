// What the browser is sent back with: the one request that a login waits for, and what becomes of
// others.
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace midimon::login {

inline constexpr std::size_t kMaxCallbackHead = 16UL * 1024;
inline constexpr std::string_view kCallbackPath = "/callback";

// The user agreed.
struct Code {
  std::string code;
};
// The user or the server did not: "access_denied" and a few others (RFC 6749 4.1.2.1), and what the
// server says of it, which is a stranger's text.
struct Refused {
  std::string error;
  std::string description;
};
// It is not the answer to our question: `status` is what it gets, 400 or 404. Anybody may send
// such a thing, so that it ends nothing.
struct Stray {
  int status = 400;
};
using Callback = std::variant<Code, Refused, Stray>;

// Reads `head`, a request up to and with its empty line, that came to `host` ("127.0.0.1:8888").
// Only with `state` in it is it an answer to us.
[[nodiscard]] Callback read_callback(std::string_view head, std::string_view host,
                                     std::string_view state);

// The whole response to it.
[[nodiscard]] std::string page_for(const Callback& callback);

}  // namespace midimon::login
