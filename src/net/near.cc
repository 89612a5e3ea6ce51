#include "net/near.h"

#include <ifaddrs.h>
#include <net/if.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace midimon::net {
namespace {

// Its bytes, in the order of the network.
std::span<const std::uint8_t> bytes_of(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
    return {reinterpret_cast<const std::uint8_t*>(&four), sizeof four};
  }
  if (address->sa_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    return {reinterpret_cast<const std::uint8_t*>(&six), sizeof six};
  }
  return {};
}

// How many bits two addresses of one kind begin with alike.
unsigned common_bits(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  unsigned bits = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto differ = static_cast<std::uint8_t>(a[i] ^ b[i]);
    bits += static_cast<unsigned>(std::countl_zero(differ));
    if (differ != 0) break;
  }
  return bits;
}

}  // namespace

std::vector<Interface> interfaces() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(all, &::freeifaddrs);
  std::vector<Interface> out;
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_netmask == nullptr || (one->ifa_flags & IFF_UP) == 0) {
      continue;
    }
    const auto bytes = bytes_of(one->ifa_addr);
    if (bytes.empty()) continue;
    Interface found;
    found.address.size = bytes.size() == 4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    std::memcpy(&found.address.storage, one->ifa_addr, found.address.size);
    // The kernel leaves the family of some masks out.
    sockaddr_storage mask{};
    std::memcpy(&mask, one->ifa_netmask, found.address.size);
    mask.ss_family = one->ifa_addr->sa_family;
    for (const std::uint8_t byte : bytes_of(reinterpret_cast<const sockaddr*>(&mask)))
      found.prefix += static_cast<unsigned>(std::popcount(byte));
    out.push_back(found);
  }
  return out;
}

std::optional<std::string_view> why_near(const Address& address,
                                         const std::vector<Interface>& ours) {
  if (const auto why = why_not_public(address)) return why;
  const auto bytes = bytes_of(address.get());
  std::optional<std::string_view> why;
  for (const Interface& one : ours) {
    if (one.address.family() != address.family()) continue;
    const unsigned same = common_bits(bytes, bytes_of(one.address.get()));
    if (same == bytes.size() * 8) return "this machine";
    // A network of all there is says nothing: a tunnel may have it.
    if (one.prefix > 0 && same >= one.prefix) why = "on the same network as this machine";
  }
  return why;
}

}  // namespace midimon::net
