#include "net/dialer.h"

#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/ask.h"
#include "base/text.h"

namespace midimon::net {
namespace {

// How long one of several addresses of a name is tried.
constexpr Nanos kTryFor = std::chrono::seconds(5);

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

Result<std::vector<Address>> resolve(const DialerOptions& options, const Destination& to) {
  if (const auto literal = parse_address(to.host, to.port)) return std::vector{*literal};
  return options.resolve(to.host, to.port);
}

// Takes out what may not be connected to; an error if nothing is left.
Result<std::vector<Address>> allowed(std::vector<Address> addresses, const Destination& to) {
  if (addresses.empty()) {
    return fail(ErrorCode::not_found, fmt::format("{} has no address.", escape_line(to.host)));
  }
  std::string refused;
  if (!to.any_address) {
    std::erase_if(addresses, [&](const Address& address) {
      const auto why = why_not_public(address);
      if (why) refused = fmt::format("{}, which is {}", to_string(address), *why);
      return why.has_value();
    });
  }
  if (addresses.empty()) {
    return fail(ErrorCode::denied,
                fmt::format("{} leads to {}; only a grant that names this very host reaches it.",
                            escape_line(to.host), refused));
  }
  addresses.resize(std::min(addresses.size(), Dialer::kMaxAddresses));
  return addresses;
}

// The error of connecting; 0 if there is a connection.
int connect_to(const DialerOptions& options, const Address& address, const Until& until,
               UniqueFd& socket) {
  socket.reset(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!socket.valid()) return errno;
  if (options.connect(socket.get(), address.get(), address.size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_for(socket.get(), POLLOUT, until)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

Result<UniqueFd> connect(const DialerOptions& options, const Destination& to, const Until& until) {
  auto addresses = resolve(options, to);
  if (addresses) addresses = allowed(std::move(*addresses), to);
  if (!addresses) return tl::unexpected(addresses.error());
  UniqueFd socket;
  int error = 0;
  for (const Address& address : *addresses) {
    if (until.is_over()) break;
    Until turn = until;
    const Nanos now = SystemClock().monotonic();
    if (addresses->size() > 1) turn.deadline = std::min(until.deadline, now + kTryFor);
    error = connect_to(options, address, turn, socket);
    if (error == 0) return socket;
  }
  return fail(ErrorCode::io, fmt::format("{}:{} cannot be reached: {}.", escape_line(to.host),
                                         to.port, std::strerror(error == 0 ? ETIMEDOUT : error)));
}

}  // namespace

Dialer::Dialer(DialerOptions options) : errands_(kMaxAtOnce) {
  if (!options.resolve) options.resolve = &resolve_by_system;
  if (!options.connect) options.connect = &::connect;
  options_ = std::make_shared<const DialerOptions>(std::move(options));
}

Result<UniqueFd> Dialer::dial(const Destination& destination, const Until& until) {
  return ask<UniqueFd>(errands_, until, [options = options_, destination](const Until& mine) {
    return connect(*options, destination, mine);
  });
}

}  // namespace midimon::net
