#include "net/resolver.h"

#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/ask.h"
#include "base/text.h"
#include "net/near.h"

namespace midimon::net {
namespace {

Result<std::vector<Address>> resolve_by_system(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
  const std::string service = std::to_string(port);
  addrinfo* found = nullptr;
  int code = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &found);
  if (code == EAI_NONAME || code == EAI_ADDRFAMILY) {
    // A machine with nothing but its loopback has no "configured" addresses.
    hints.ai_flags = AI_NUMERICSERV;
    code = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &found);
  }
  if (code != 0) {
    return fail(ErrorCode::not_found,
                fmt::format("There is no host {}, or the network cannot be reached ({}).",
                            escape_line(host), ::gai_strerror(code)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    if (one->ai_addrlen > sizeof(sockaddr_storage)) continue;
    Address address;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
    addresses.push_back(address);
  }
  return addresses;
}

// Takes out what may not be connected to; an error if nothing is left.
Result<std::vector<Address>> allowed(std::vector<Address> addresses, const Destination& to) {
  if (addresses.empty()) {
    return fail(ErrorCode::not_found, fmt::format("{} has no address.", escape_line(to.host)));
  }
  std::string refused;
  if (!to.any_address) {
    const std::vector<Interface> ours = interfaces();
    std::erase_if(addresses, [&](const Address& address) {
      const auto why = why_near(address, ours);
      if (why) {
        const std::string text = to_string(address);
        refused = text == to.host ? fmt::format("is {}", *why)
                                  : fmt::format("leads to {}, which is {}", text, *why);
      }
      return why.has_value();
    });
  }
  if (addresses.empty()) {
    return fail(ErrorCode::denied,
                fmt::format("{} {}; only a grant of that address, or of a name that is near, such "
                            "as nas.lan, reaches it.",
                            escape_line(to.host), refused));
  }
  addresses.resize(std::min(addresses.size(), Resolver::kMaxAddresses));
  return addresses;
}

}  // namespace

Resolver::Resolver(Resolve resolve)
    : resolve_(resolve ? std::move(resolve) : &resolve_by_system), errands_(kMaxAtOnce) {}

Result<std::vector<Address>> Resolver::find(const Destination& destination, const Until& until) {
  if (const auto literal = parse_address(destination.host, destination.port)) {
    return allowed({*literal}, destination);
  }
  std::shared_ptr<Lookups> counted;  // until the last who holds it is gone
  if (const auto& lookups = destination.lookups; lookups != nullptr) {
    counted = {lookups.get(), [lookups](Lookups* count) { --*count; }};
    if (++*lookups > kMaxEach) {
      return fail(ErrorCode::busy, "Too many names are being looked up; try again later.");
    }
  }
  return ask<std::vector<Address>>(
      errands_, until, [resolve = resolve_, destination, counted](const Until&) {
        auto addresses = resolve(destination.host, destination.port);
        return addresses ? allowed(std::move(*addresses), destination) : addresses;
      });
}

}  // namespace midimon::net
