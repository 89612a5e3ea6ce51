#include "grants/host_rule.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/ascii.h"
#include "base/text.h"

namespace midimon::grants {
namespace {

constexpr std::size_t kMaxHost = 253;
constexpr std::size_t kMaxLabel = 63;
constexpr std::uint16_t kLastPort = 65535;

struct Scheme {
  std::string_view name;
  std::uint16_t port;
};
constexpr std::array kSchemes = {Scheme{"http", 80}, Scheme{"https", 443}, Scheme{"ws", 80},
                                 Scheme{"wss", 443}};

std::uint16_t default_port(std::string_view scheme) {
  const auto* const found = std::find_if(kSchemes.begin(), kSchemes.end(),
                                         [&](const Scheme& one) { return one.name == scheme; });
  return found == kSchemes.end() ? 0 : found->port;
}

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(ErrorCode::invalid,
              fmt::format("\"{}\" names no host: {}. Write it as https://api.example.org, "
                          "ws://127.0.0.1:4455 or https://*.example.org.",
                          escape_line(text.substr(0, 256)), why));
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

// A whole number without leading zeros, at most `max`.
std::optional<unsigned> plain_number(std::string_view text, unsigned max) {
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit))
    return {};
  if (text.size() > 1 && text.front() == '0') return {};
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value <= max ? std::optional(value) : std::nullopt;
}

bool is_ipv4(std::string_view text) {
  int parts = 0;
  while (true) {
    const std::size_t dot = text.find('.');
    if (!plain_number(text.substr(0, dot), 255)) return false;
    ++parts;
    if (dot == std::string_view::npos) return parts == 4;
    text.remove_prefix(dot + 1);
  }
}

// What resolvers would take for an address: its last label begins with a digit and has no letters
// but those of a hexadecimal number.
bool ends_in_a_number(std::string_view host) {
  std::string_view last = host.substr(host.rfind('.') + 1);
  if (last.starts_with("0x")) {
    last.remove_prefix(2);
    return std::all_of(last.begin(), last.end(),
                       [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
  }
  return !last.empty() && std::all_of(last.begin(), last.end(), is_digit);
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '-' || c == '_';
         });
}

bool is_name(std::string_view host) {
  if (host.size() > kMaxHost) return false;
  while (true) {
    const std::size_t dot = host.find('.');
    if (!is_label(host.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

Result<std::string> normal_ipv6(std::string_view text) {
  const std::string inside(text.substr(1, text.size() - 2));
  struct in6_addr address {};
  if (inside.find_first_not_of("0123456789abcdefABCDEF:.") != std::string::npos ||
      ::inet_pton(AF_INET6, inside.c_str(), &address) != 1) {
    return refuse(text, "it is no IPv6 address (which has no zone here)");
  }
  constexpr std::array<unsigned char, 10> kZeros{};
  constexpr std::size_t kBeforeIpv4 = 12;
  const auto* bytes = address.s6_addr;
  const bool begins_with_zeros = std::memcmp(bytes, kZeros.data(), kZeros.size()) == 0;
  const bool mapped = begins_with_zeros && bytes[10] == 0xFF && bytes[11] == 0xFF;
  const bool compatible = begins_with_zeros && bytes[10] == 0 && bytes[11] == 0 &&
                          (bytes[kBeforeIpv4] != 0 || bytes[13] != 0 || bytes[14] != 0);
  if (mapped || compatible)
    return refuse(text, "it is an IPv4 address in disguise; write that one");
  std::array<char, INET6_ADDRSTRLEN> out{};
  ::inet_ntop(AF_INET6, &address, out.data(), out.size());
  return fmt::format("[{}]", out.data());
}

// "4455", "8000-8080", "*".
bool read_ports(std::string_view text, HostRule& rule) {
  if (text == "*") {
    rule.first_port = 1;
    rule.last_port = kLastPort;
    return true;
  }
  const std::size_t dash = text.find('-');
  const auto first = plain_number(text.substr(0, dash), kLastPort);
  const auto last =
      dash == std::string_view::npos ? first : plain_number(text.substr(dash + 1), kLastPort);
  if (!first || !last || *first == 0 || *first > *last) return false;
  rule.first_port = static_cast<std::uint16_t>(*first);
  rule.last_port = static_cast<std::uint16_t>(*last);
  return true;
}

// Takes "host:ports" apart; the colon of a port is the one after the brackets of an IPv6 address.
Result<HostRule> read_authority(std::string_view text, std::string_view authority, HostRule rule) {
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return refuse(text, "a bracket is not closed");
  const std::size_t colon = authority.find(':', bracket);
  std::string_view host = authority.substr(0, colon);
  if (host.starts_with("*.")) {
    rule.any_label = true;
    host.remove_prefix(2);
  }
  auto normal = normal_host(host);
  if (!normal) return tl::unexpected(normal.error());
  rule.host = std::move(*normal);
  if (rule.any_label && (rule.host.find('.') == std::string::npos || rule.host.front() == '[' ||
                         is_ipv4(rule.host))) {
    return refuse(text, "a * must stand before a name of two labels or more");
  }
  if (colon == std::string_view::npos) {
    rule.first_port = rule.last_port = default_port(rule.scheme);
  } else if (!read_ports(authority.substr(colon + 1), rule)) {
    return refuse(text, "a port is a number from 1 to 65535, a range such as 8000-8080, or *");
  }
  return rule;
}

// The scheme before "://", which is taken off `rest`; empty if it is none of ours.
std::string take_scheme(std::string_view& rest) {
  const std::size_t end = rest.find("://");
  if (end == std::string_view::npos) return {};
  std::string scheme = to_lower(rest.substr(0, end));
  if (default_port(scheme) == 0) return {};
  rest.remove_prefix(end + 3);
  return scheme;
}

constexpr std::string_view kSchemeWanted = "it must begin with http://, https://, ws:// or wss://";

}  // namespace

std::optional<HostRule> intersect(const HostRule& a, const HostRule& b) {
  if (a.scheme != b.scheme) return std::nullopt;
  HostRule both = a;
  if (a.any_label != b.any_label) {
    const HostRule& pattern = a.any_label ? a : b;
    const HostRule& exact = a.any_label ? b : a;
    const std::size_t dot = exact.host.find('.');
    if (dot == std::string::npos || exact.host.substr(dot + 1) != pattern.host) return std::nullopt;
    both.host = exact.host;
    both.any_label = false;
  } else if (a.host != b.host) {
    return std::nullopt;
  }
  both.first_port = std::max(a.first_port, b.first_port);
  both.last_port = std::min(a.last_port, b.last_port);
  if (both.first_port > both.last_port) return std::nullopt;
  return both;
}

Result<std::string> normal_host(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) return normal_ipv6(text);
  std::string host = to_lower(text);
  if (host.size() > 1 && host.back() == '.') host.pop_back();
  if (is_ipv4(host)) return host;
  if (!is_name(host)) {
    return refuse(text, "a name has labels of a-z, 0-9, - and _ with dots between them");
  }
  if (ends_in_a_number(host)) {
    return refuse(text, "an IPv4 address is four numbers from 0 to 255 without leading zeros");
  }
  return host;
}

bool is_near(std::string_view host) {
  constexpr std::string_view kDomains[] = {".localhost", ".local",       ".lan",      ".home",
                                           ".home.arpa", ".corp",        ".internal", ".intranet",
                                           ".private",   ".localdomain", ".test"};
  if (host.find('.') == std::string_view::npos || host.starts_with('[') ||
      is_ipv4(std::string(host))) {
    return true;
  }
  return std::any_of(std::begin(kDomains), std::end(kDomains),
                     [&](std::string_view domain) { return host.ends_with(domain); });
}

Result<HostRule> parse_host_rule(std::string_view text) {
  std::string_view rest = text;
  HostRule rule;
  rule.scheme = take_scheme(rest);
  if (rule.scheme.empty()) return refuse(text, kSchemeWanted);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#") != std::string_view::npos) {
    return refuse(text, "a grant is for all of a host; leave the path out");
  }
  if (rest.find('@') != std::string_view::npos) {
    return refuse(text, "it has a user name; leave out what stands before the @");
  }
  return read_authority(text, rest, std::move(rule));
}

std::string to_string(const HostRule& rule) {
  std::string out = fmt::format("{}://{}{}", rule.scheme, rule.any_label ? "*." : "", rule.host);
  if (rule.first_port == 1 && rule.last_port == kLastPort) return out + ":*";
  if (rule.first_port != rule.last_port) {
    return out + fmt::format(":{}-{}", rule.first_port, rule.last_port);
  }
  if (rule.first_port == default_port(rule.scheme)) return out;
  return out + fmt::format(":{}", rule.first_port);
}

Result<HostRule> origin_of(std::string_view url) {
  const auto is_bad = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7F' || c == '\\';
  };
  if (std::any_of(url.begin(), url.end(), is_bad)) {
    return refuse(url, "it holds a space, a control character or a backslash");
  }
  std::string_view rest = url;
  HostRule rule;
  rule.scheme = take_scheme(rest);
  if (rule.scheme.empty()) return refuse(url, kSchemeWanted);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) {
    return refuse(url, "it has a user name; leave out what stands before the @");
  }
  auto origin = read_authority(url, authority, std::move(rule));
  if (origin && !origin->is_exact()) return refuse(url, "it is a pattern and not an address");
  return origin;
}

}  // namespace midimon::grants
