// Audit records and what is made of them, as a person reads them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "audit/reader.h"
#include "audit/record.h"
#include "audit/verify.h"
#include "base/clock.h"
#include "midimon/result.h"

namespace midimon::cli {

// One line, its end included, in which nothing fools a terminal.
[[nodiscard]] std::string to_text(const audit::Record& record, bool colour);

// A table; `bars` adds a bar to each plugin that shows its share of the bytes.
[[nodiscard]] std::string to_text(const audit::Stats& stats, bool bars);
[[nodiscard]] std::string to_json(const audit::Stats& stats);

[[nodiscard]] std::string to_text(const audit::Verified& verified);
[[nodiscard]] std::string to_json(const audit::Verified& verified);

// A point in time: "2h", "3d" and the like are so long before `now`, everything else is RFC 3339.
// `option` is for the error.
Result<Nanos> parse_point(std::string_view option, std::string_view text, Nanos now);

// A result: its name ("noent"), "success", or "refused" for all others.
Result<void> parse_result(const std::string& text, audit::Filter& filter);

}  // namespace midimon::cli
