// The HostRule struct is whom a plugin may talk to: a scheme, a host, and ports.
//
//   https://api.example.org      port 443, as the scheme has it     ws://127.0.0.1:4455
//   https://*.example.org        any one label in front             http://[::1]:8000-8080
//   wss://example.org:*          any port
//
// There is one way to spell a host: lower case, IPv4 as four plain decimal numbers, IPv6 in its
// shortest form in brackets. Whatever else could be meant for one is refused and never guessed at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "midimon/result.h"

namespace midimon::grants {

struct HostRule {
  std::string scheme;      // http, https, ws, wss
  std::string host;        // normal_host() of itself
  bool any_label = false;  // a label and a dot before `host`
  std::uint16_t first_port = 0;
  std::uint16_t last_port = 0;

  // Whether it stands for one host and one port.
  [[nodiscard]] bool is_exact() const { return !any_label && first_port == last_port; }
  friend bool operator==(const HostRule&, const HostRule&) = default;
};

[[nodiscard]] std::optional<HostRule> intersect(const HostRule& a, const HostRule& b);
Result<HostRule> parse_host_rule(std::string_view text);
[[nodiscard]] std::string to_string(const HostRule& rule);

// The one spelling of a host name or address, an IPv6 address with its brackets. Refused: numbers
// that are octal, hexadecimal or fewer than four, IPv4 dressed as IPv6, zones, letters outside of
// ASCII (write the xn-- form), percent signs.
Result<std::string> normal_host(std::string_view text);

// Whether no public name server is asked for `host`, which is normal_host() of itself: an address,
// a name of one label, or one below a domain that only networks of one's own have (.local, .lan,
// .internal and their like; RFC 6761, RFC 6762, RFC 8375, and what ICANN keeps back). Whoever names
// such a host knows that it is near.
[[nodiscard]] bool is_near(std::string_view host);

// Where `url` leads, an exact rule: what a host function asks about before it connects, and
// connects to. Refused: a user name or password, a backslash, a space or control character, another
// scheme.
Result<HostRule> origin_of(std::string_view url);

}  // namespace midimon::grants
