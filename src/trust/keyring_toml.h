// The text of trusted_keys.toml: read, with line and column for all that is wrong, and written.
#pragma once

#include <string>
#include <string_view>

#include "midimon/result.h"
#include "trust/keyring.h"

namespace midimon::trust {

inline constexpr std::size_t kMaxKeyringBytes = 1024UL * 1024;

// `file` is its name, for errors: one line for each, "file:line:column: text".
Result<Keyring> parse_keyring(std::string_view text, std::string_view file);
[[nodiscard]] std::string to_toml(const Keyring& keyring);

}  // namespace midimon::trust
