#include "net/address.h"

#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace midimon::net {
namespace {

struct Ipv4Block {
  std::uint32_t first;
  unsigned bits;
  std::string_view what;
};

constexpr std::uint32_t ipv4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return (a << 24U) | (b << 16U) | (c << 8U) | d;
}

constexpr std::string_view kThisMachine = "this machine";
constexpr std::string_view kPrivate = "a private network";
constexpr std::string_view kLink = "the local network, or a cloud's metadata";
constexpr std::string_view kMany = "many machines at once";
constexpr std::string_view kReserved = "nothing on the internet";

constexpr std::array kNotPublic = {
    Ipv4Block{ipv4(0, 0, 0, 0), 8, kThisMachine},    Ipv4Block{ipv4(10, 0, 0, 0), 8, kPrivate},
    Ipv4Block{ipv4(100, 64, 0, 0), 10, kPrivate},  // carriers' NAT
    Ipv4Block{ipv4(127, 0, 0, 0), 8, kThisMachine},  Ipv4Block{ipv4(169, 254, 0, 0), 16, kLink},
    Ipv4Block{ipv4(172, 16, 0, 0), 12, kPrivate},    Ipv4Block{ipv4(192, 0, 0, 0), 24, kReserved},
    Ipv4Block{ipv4(192, 0, 2, 0), 24, kReserved},    Ipv4Block{ipv4(192, 88, 99, 0), 24, kReserved},
    Ipv4Block{ipv4(192, 168, 0, 0), 16, kPrivate},   Ipv4Block{ipv4(198, 18, 0, 0), 15, kReserved},
    Ipv4Block{ipv4(198, 51, 100, 0), 24, kReserved}, Ipv4Block{ipv4(203, 0, 113, 0), 24, kReserved},
    Ipv4Block{ipv4(224, 0, 0, 0), 4, kMany},         Ipv4Block{ipv4(240, 0, 0, 0), 4, kReserved},
};

std::optional<std::string_view> why_not_public(std::uint32_t address) {
  for (const Ipv4Block& block : kNotPublic) {
    if ((address ^ block.first) >> (32U - block.bits) == 0) return block.what;
  }
  return std::nullopt;
}

using Bytes = std::array<std::uint8_t, 16>;

bool begins_with(const Bytes& address, const Bytes& start, unsigned bits) {
  for (unsigned i = 0; i < bits; ++i) {
    const unsigned bit = 7U - i % 8U;
    if (((address[i / 8] ^ start[i / 8]) >> bit & 1U) != 0) return false;
  }
  return true;
}

std::uint32_t embedded(const Bytes& address) {
  return ipv4(address[12], address[13], address[14], address[15]);
}

std::optional<std::string_view> why_not_public(const Bytes& address) {
  // A network without IPv4 has its gateway here; what is behind it counts.
  constexpr Bytes kNat64 = {0x00, 0x64, 0xff, 0x9b};
  if (begins_with(address, kNat64, 96)) return why_not_public(embedded(address));
  constexpr Bytes kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  // Programs that mean IPv4 say so: whoever dresses it up hides something.
  if (begins_with(address, kMapped, 96)) {
    return why_not_public(embedded(address)).value_or(kReserved);
  }
  Bytes one{};
  one[15] = 1;
  if (address == one || address == Bytes{}) return kThisMachine;
  constexpr Bytes kUnique = {0xfc};
  if (begins_with(address, kUnique, 7)) return kPrivate;
  constexpr Bytes kLinkLocal = {0xfe, 0x80};
  constexpr Bytes kSiteLocal = {0xfe, 0xc0};
  if (begins_with(address, kLinkLocal, 10)) return kLink;
  if (begins_with(address, kSiteLocal, 10)) return kPrivate;
  constexpr Bytes kMulticast = {0xff};
  if (begins_with(address, kMulticast, 8)) return kMany;
  constexpr Bytes kGlobal = {0x20};
  if (!begins_with(address, kGlobal, 3)) return kReserved;
  struct Block {
    Bytes start;
    unsigned bits;
  };
  constexpr std::array kNotHosts = {
      Block{{0x20, 0x01}, 23},              // protocols, among them Teredo, which holds IPv4
      Block{{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
      Block{{0x20, 0x02}, 16},              // 6to4, which holds IPv4
      Block{{0x3f, 0xff}, 20},              // documentation
  };
  for (const Block& block : kNotHosts) {
    if (begins_with(address, block.start, block.bits)) return kReserved;
  }
  return std::nullopt;
}

const sockaddr_in& as_ipv4(const Address& address) {
  return reinterpret_cast<const sockaddr_in&>(address.storage);
}
const sockaddr_in6& as_ipv6(const Address& address) {
  return reinterpret_cast<const sockaddr_in6&>(address.storage);
}

}  // namespace

std::optional<Address> parse_address(std::string_view text, std::uint16_t port) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const std::string copy(text);
  Address address;
  auto& four = reinterpret_cast<sockaddr_in&>(address.storage);
  if (::inet_pton(AF_INET, copy.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    address.size = sizeof four;
    return address;
  }
  auto& six = reinterpret_cast<sockaddr_in6&>(address.storage);
  if (::inet_pton(AF_INET6, copy.c_str(), &six.sin6_addr) != 1) return std::nullopt;
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  address.size = sizeof six;
  return address;
}

std::string to_string(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.family() == AF_INET) {
    ::inet_ntop(AF_INET, &as_ipv4(address).sin_addr, text.data(), text.size());
    return text.data();
  }
  if (address.family() != AF_INET6) return "an address of another kind";
  ::inet_ntop(AF_INET6, &as_ipv6(address).sin6_addr, text.data(), text.size());
  return "[" + std::string(text.data()) + "]";
}

std::optional<std::string_view> why_not_public(const Address& address) {
  if (address.family() == AF_INET) return why_not_public(ntohl(as_ipv4(address).sin_addr.s_addr));
  if (address.family() != AF_INET6) return kReserved;
  Bytes bytes{};
  std::memcpy(bytes.data(), &as_ipv6(address).sin6_addr, bytes.size());
  return why_not_public(bytes);
}

}  // namespace midimon::net
