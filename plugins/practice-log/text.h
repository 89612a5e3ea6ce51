// Building text without printf, which is larger than all of this plugin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace practice_log {

void append_number(std::string& out, std::int64_t value);

// A number with `decimals` digits after the point: append_fixed(out, 123, 1) appends 12.3.
void append_fixed(std::string& out, std::int64_t scaled, int decimals);

// A JSON string with its quotes. `text` is UTF-8.
void append_json_string(std::string& out, std::string_view text);

// "2026-01-31T18:04:05Z" from milliseconds since 1970.
std::string utc_time(std::int64_t milliseconds);

// Sixteen hexadecimal digits that tell texts apart (FNV-1a). No protection against malice.
std::string fingerprint(std::string_view text);

}  // namespace practice_log
