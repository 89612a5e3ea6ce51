// Which addresses are near: this machine and the networks around it, those that the kernel knows of
// among them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "net/address.h"

namespace midimon::net {

// An address of this machine, and how many of its bits are those of the network it is on.
struct Interface {
  Address address;
  unsigned prefix = 0;
};

// Those of this machine that are up.
[[nodiscard]] std::vector<Interface> interfaces();

// What the address is if it is near: what why_not_public() says; one of these; or one on the same
// network as one of these, however public: a firewall on the way in would not be on this way.
[[nodiscard]] std::optional<std::string_view> why_near(const Address& address,
                                                       const std::vector<Interface>& ours);

}  // namespace midimon::net
