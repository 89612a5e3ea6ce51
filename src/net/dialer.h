// The Dialer class opens connections for those who must not choose their way: a name is resolved
// once, each address that it led to is checked, and what was checked is what gets connected to.
//
// So a name whose answer changes (DNS rebinding) gains nothing, and no spelling of an address comes
// to anything else than the address. It happens on threads that have the rights of the thread that
// made the dialer: threads that run guests may neither read /etc/resolv.conf nor connect.
#pragma once

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/errands.h"
#include "base/unique_fd.h"
#include "base/until.h"
#include "midimon/result.h"
#include "net/address.h"

namespace midimon::net {

struct Destination {
  std::string host;  // a name, or an address as parse_address() reads it
  std::uint16_t port = 0;
  bool any_address = false;  // may also be reached where the address is not public
};

struct DialerOptions {
  // The addresses of a name; an error in words. Called once for each connection.
  std::function<Result<std::vector<Address>>(const std::string& host, std::uint16_t port)> resolve;
  // As connect(2), on a socket that does not block.
  std::function<int(int fd, const sockaddr* address, socklen_t size)> connect;
};

// Thread-safe.
class Dialer {
 public:
  static constexpr std::size_t kMaxAtOnce = 16;
  static constexpr std::size_t kMaxAddresses = 8;  // of one name that are tried

  // With options that are empty the system resolves and connects.
  explicit Dialer(DialerOptions options = {});

  // A connected TCP socket that does not block. Errors: denied, none of its addresses is allowed;
  // not_found, there is no such host; io, it cannot be reached, or `until` was over; busy, too
  // many are being made.
  Result<UniqueFd> dial(const Destination& destination, const Until& until);

 private:
  std::shared_ptr<const DialerOptions> options_;
  Errands errands_;
};

}  // namespace midimon::net
