// Points in time as files and people name them: UTC, to the second.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace midimon::trust {

using UtcSeconds = std::chrono::sys_seconds;

[[nodiscard]] UtcSeconds now(const Clock& clock);
// "2026-11-25T11:07:00Z"; a time before the year 0 or after 9999 is shown as the nearest of these.
[[nodiscard]] std::string format_utc(UtcSeconds time);
// That, or a date alone, "2026-11-25", which is its midnight. Nothing for any other text.
[[nodiscard]] std::optional<UtcSeconds> parse_utc(std::string_view text);

}  // namespace midimon::trust
