// Headers with secrets in them, which the host puts in: the guest never sees them.
#pragma once

#include <tl/expected.hpp>
#include <vector>

#include "hostapi/answer.h"
#include "hostapi/context.h"
#include "hostapi/guest.h"
#include "net/client.h"

namespace midimon::hostapi {

inline constexpr std::size_t kMaxSecretsUsed = 16;  // in one request

// `patterns` are headers with {{NAME}} for secrets, to go to `origin`; each secret is looked up
// once, within the call's time. Errors: not_found, there is no such secret; not_granted, it is for
// others only; timed_out; unavailable; invalid, it cannot be sent in a header. Each is explained.
tl::expected<std::vector<net::Header>, Answer> fill_in_secrets(
    Context& context, HostCall& call, const grants::HostRule& origin,
    const std::vector<net::Header>& patterns);

}  // namespace midimon::hostapi
