// How host functions that block keep to the budget of the call they serve.
#pragma once

#include <cstdint>
#include <optional>

#include "base/until.h"
#include "hostapi/context.h"
#include "hostapi/guest.h"

namespace midimon::hostapi {

// Until the call ends or is called back, and no longer than `timeout_ms` from now on.
[[nodiscard]] Until until_of(const Context& context, const HostCall& call,
                             std::optional<std::uint32_t> timeout_ms = {});

// What to answer after something failed with `error`: ends the guest if its call is over; timed_out
// where `until` is; else what the error is. The error is explained.
Answer failed(Context& context, HostCall& call, const Until& until, const Error& error);

}  // namespace midimon::hostapi
