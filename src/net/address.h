// Which network addresses lead to the public internet, and which into this machine or the networks
// around it.
//
// Sources: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890), RFC 6052 for
// IPv4 addresses inside of IPv6 ones.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

namespace midimon::net {

// An address with its port, as the kernel takes it.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};

// `text` is an IPv4 address of four numbers, or an IPv6 address, with or without brackets; no names
// and no other spelling.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text, std::uint16_t port);

// For people: "192.0.2.1", "[2001:db8::1]".
[[nodiscard]] std::string to_string(const Address& address);

// What the address is if it is no public one: "this machine", "a private network". Nothing if it is
// public, that is, if anybody on the internet could be reached there.
[[nodiscard]] std::optional<std::string_view> why_not_public(const Address& address);

}  // namespace midimon::net
