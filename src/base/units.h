// Reads and writes amounts the way people do: "64MiB", "500ms".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "midimon/result.h"

namespace midimon {

// Reads a whole number with an optional unit: none or B; kB, MB, GB, TB (powers of 1000); KiB, MiB,
// GiB, TiB (powers of 1024). One space may stand before the unit. Units are case-sensitive, so that
// nobody has to guess what "KB" or "Mb" meant. Fails with `invalid`, or `limit` beyond 2^64 - 1.
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);

// Reads a whole number with a unit: ns, us, ms, s, m, h. The unit is required: a bare "500" could
// be anything. One space may stand before it. Fails with `invalid`, or `limit` beyond 2^63 - 1 ns.
[[nodiscard]] Result<Nanos> parse_duration(std::string_view text);

// For people, in the largest unit of 1024 that leaves 1 or more, with up to two decimals (rounded
// down, so that a limit is never shown as reached before it is): "512B", "1.5KiB", "64MiB".
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

// For people, rounded to three significant digits: "850ns", "4.56us", "12ms", "1.5s"; from a minute
// on in whole seconds, "2m05s", and from an hour on in whole minutes, "1h02m".
[[nodiscard]] std::string format_duration(Nanos duration);

}  // namespace midimon
