#include "registry/oci_reference.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace midimon::registry {
namespace {

constexpr std::string_view kScheme = "oci://";
constexpr std::string_view kSha256 = "sha256:";
constexpr std::size_t kMaxReference = 1024;
constexpr std::size_t kMaxName = 255;  // with the host, as clients commonly have it
constexpr std::size_t kMaxTag = 128;
constexpr std::size_t kMaxHost = 253;
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxPortDigits = 5;
constexpr unsigned kLastPort = 65535;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_alphanumeric(char c) {
  return is_lower(c) || is_digit(c);
}

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(ErrorCode::invalid,
              fmt::format("\"{}\" names nothing in an OCI registry: {}. Write it as "
                          "oci://ghcr.io/anna/scene-switch:1.4.",
                          escape_line(text.substr(0, kMaxReference)), why));
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > kMaxPortDigits || text.front() == '0' ||
      !std::all_of(text.begin(), text.end(), is_digit)) {
    return false;
  }
  unsigned value = 0;
  for (const char c : text)
    value = value * 10 + static_cast<unsigned>(c - '0');
  return value <= kLastPort;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return is_alphanumeric(c) || c == '-';
         });
}

bool is_ipv4(const std::string& host) {
  struct in_addr address {};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}

// No domain ends in a label that begins with a digit: what looks so is an address, and of these
// only the plain form has one meaning.
bool is_host_name(std::string_view host) {
  if (host.size() > kMaxHost) return false;
  const std::string_view last = host.substr(host.rfind('.') + 1);
  if (!last.empty() && is_digit(last.front())) return is_ipv4(std::string(host));
  while (true) {
    const std::size_t dot = host.find('.');
    if (!is_label(host.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

// In brackets, and as inet_ntop() writes it.
bool is_ipv6(std::string_view host) {
  if (!host.starts_with('[') || !host.ends_with(']')) return false;
  const std::string inside(host.substr(1, host.size() - 2));
  struct in6_addr address {};
  std::array<char, INET6_ADDRSTRLEN> normal{};
  return ::inet_pton(AF_INET6, inside.c_str(), &address) == 1 &&
         ::inet_ntop(AF_INET6, &address, normal.data(), normal.size()) != nullptr &&
         inside == normal.data();
}

bool is_authority(std::string_view authority) {
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  const std::size_t colon = authority.find(':', bracket);
  const std::string_view host = authority.substr(0, colon);
  return (is_host_name(host) || is_ipv6(host)) &&
         (colon == std::string_view::npos || is_port(authority.substr(colon + 1)));
}

// a-z and 0-9, with '.', '_', '__' or any number of '-' between them.
bool is_component(std::string_view text) {
  if (text.empty() || !is_alphanumeric(text.front()) || !is_alphanumeric(text.back())) return false;
  for (std::size_t i = 0; i < text.size();) {
    if (is_alphanumeric(text[i])) {
      ++i;
      continue;
    }
    const std::size_t end = static_cast<std::size_t>(
        std::find_if(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(), is_alphanumeric) -
        text.begin());
    const std::string_view between = text.substr(i, end - i);
    const bool dashes = between.find_first_not_of('-') == std::string_view::npos;
    if (!dashes && between != "." && between != "_" && between != "__") return false;
    i = end;
  }
  return true;
}

bool is_name(std::string_view text) {
  while (true) {
    const std::size_t slash = text.find('/');
    if (!is_component(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

bool is_tag(std::string_view text) {
  const auto is_word = [](char c) {
    return is_alphanumeric(c) || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && text.size() <= kMaxTag && is_word(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_word(c) || c == '.' || c == '-'; });
}

// Each takes one part of the reference `text` off `rest`.
Result<void> take_host(std::string_view text, std::string_view& rest, OciReference& reference) {
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return refuse(text, "there is no name after the host");
  reference.host = rest.substr(0, slash);
  rest.remove_prefix(slash + 1);
  if (reference.host.find('@') != std::string::npos) {
    return refuse(text, "it has a user name or a password, which belong into Docker's config.json");
  }
  if (!is_authority(reference.host)) {
    return refuse(text,
                  "the host must be a name in lower case, an IPv4 address, or an IPv6 address "
                  "in brackets, with a port from 1 to 65535 or without one");
  }
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return refuse(text, "it has a query (?) or a fragment (#)");
  }
  return {};
}

Result<void> take_digest(std::string_view text, std::string_view& rest, OciReference& reference) {
  const std::size_t at = rest.find('@');
  if (at == std::string_view::npos) return {};
  reference.digest = parse_oci_digest(rest.substr(at + 1));
  if (!reference.digest) {
    return refuse(text, "what follows @ must be sha256: and 64 digits in lower case");
  }
  rest = rest.substr(0, at);
  return {};
}

Result<void> take_tag(std::string_view text, std::string_view& rest, OciReference& reference) {
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) {
    if (!reference.digest) reference.tag = "latest";
    return {};
  }
  reference.tag = rest.substr(colon + 1);
  if (!is_tag(reference.tag)) {
    return refuse(text,
                  "a tag is 1 to 128 letters, digits, _ . and -, and begins with none of "
                  "the last two");
  }
  rest = rest.substr(0, colon);
  return {};
}

}  // namespace

bool is_oci(std::string_view text) {
  return text.starts_with(kScheme);
}

Result<OciReference> parse_oci_reference(std::string_view text) {
  if (!is_oci(text)) return refuse(text, "it does not begin with oci://");
  if (text.size() > kMaxReference) return refuse(text, "it is too long");
  OciReference reference;
  std::string_view rest = text.substr(kScheme.size());
  if (auto took = take_host(text, rest, reference); !took) return tl::unexpected(took.error());
  if (auto took = take_digest(text, rest, reference); !took) return tl::unexpected(took.error());
  if (auto took = take_tag(text, rest, reference); !took) return tl::unexpected(took.error());
  reference.name = rest;
  if (!is_name(reference.name)) {
    return refuse(text,
                  "a name is parts of a-z and 0-9 with one . or _ , two _ or some - "
                  "between them, and / between the parts");
  }
  if (reference.host.size() + 1 + reference.name.size() > kMaxName) {
    return refuse(text, fmt::format("host and name are longer than {} characters", kMaxName));
  }
  return reference;
}

std::string to_string(const OciReference& reference) {
  std::string out = fmt::format("{}{}/{}", kScheme, reference.host, reference.name);
  if (!reference.tag.empty()) out += ":" + reference.tag;
  if (reference.digest) out += "@" + to_oci_digest(*reference.digest);
  return out;
}

std::string tag_of(const OciReference& reference) {
  return fmt::format("{}{}/{}:{}", kScheme, reference.host, reference.name, reference.tag);
}

std::optional<trust::Sha256> parse_oci_digest(std::string_view text) {
  if (!text.starts_with(kSha256)) return std::nullopt;
  return trust::parse_sha256(text.substr(kSha256.size()));
}

std::string to_oci_digest(const trust::Sha256& digest) {
  return std::string(kSha256) + trust::to_hex(digest);
}

}  // namespace midimon::registry
