// Points in time as RFC 3339 writes them, in UTC.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace midimon::audit {

// "2026-07-27T09:30:00.000000001Z": always 30 characters for the years 1970 to 2262, which are all
// that Nanos can name. A time before 1970 is written as 1970.
inline constexpr std::size_t kTimeLength = 30;
[[nodiscard]] std::string format_time(Nanos since_1970);

// Reads the same, with fewer digits after the second or none, and with an offset ("+02:00") in
// place of Z. None for anything else, and for what Nanos cannot name.
[[nodiscard]] std::optional<Nanos> parse_time(std::string_view text);

}  // namespace midimon::audit
