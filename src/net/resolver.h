// The Resolver class finds the addresses of a host for those who must not choose their way: a name
// is resolved once, and each address that it leads to is judged. What is let through is connected
// to as an address, and never as a name again.
//
// So a name whose answer changes (DNS rebinding) gains nothing, and no spelling of an address comes
// to anything else than the address. It happens on threads that have the rights of the thread that
// made the resolver: threads that run guests may not read /etc/resolv.conf.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/errands.h"
#include "base/until.h"
#include "midimon/result.h"
#include "net/address.h"

namespace midimon::net {

// How many names somebody has looked up right now. A lookup that hangs goes on when nobody waits
// for it any more: it is counted until it ends, so that one plugin cannot use up the threads of
// all.
using Lookups = std::atomic<int>;

struct Destination {
  std::string host;  // a name, or an address as parse_address() reads it
  std::uint16_t port = 0;
  bool any_address = false;               // may also be reached where the address is not public
  std::shared_ptr<Lookups> lookups = {};  // of who asks; null: nobody counts
};

// The addresses of a name. Error: not_found, in a sentence.
using Resolve =
    std::function<Result<std::vector<Address>>(const std::string& host, std::uint16_t port)>;

// Thread-safe.
class Resolver {
 public:
  static constexpr std::size_t kMaxAtOnce = 16;
  static constexpr int kMaxEach = 4;               // of one Lookups
  static constexpr std::size_t kMaxAddresses = 8;  // of one name

  // Asks `resolve` once for each name; empty: the system.
  explicit Resolver(Resolve resolve = {});

  // At least one address. Errors: denied, none of them is allowed; not_found, there is no such
  // host; io, `until` was over; busy, too much is asked.
  Result<std::vector<Address>> find(const Destination& destination, const Until& until);

 private:
  Resolve resolve_;
  Errands errands_;
};

}  // namespace midimon::net
