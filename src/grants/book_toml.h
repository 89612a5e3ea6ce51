// The text of grants.toml: read, with line and column for all that is wrong, and written.
#pragma once

#include <string>
#include <string_view>

#include "grants/book.h"
#include "midimon/result.h"

namespace midimon::grants {

inline constexpr std::size_t kMaxBookBytes = 4UL * 1024 * 1024;

// `file` is its name, for errors: one line for each, "file:line:column: text".
Result<GrantBook> parse_book(std::string_view text, std::string_view file);
[[nodiscard]] std::string to_toml(const GrantBook& book);

}  // namespace midimon::grants
