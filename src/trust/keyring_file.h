// trusted_keys.toml on disk: safe to read, and changed by one process at a time.
#pragma once

#include <functional>
#include <string>

#include "base/places.h"
#include "midimon/result.h"
#include "trust/keyring.h"

namespace midimon::trust {

[[nodiscard]] std::string keyring_path(const Places& places);

// An empty keyring if there is no file. Errors: what read_private_file() and parse_keyring()
// refuse.
Result<Keyring> load_keyring(const std::string& path);

// Reads the file, lets `change` do its part, and writes the file if that worked. Waits while
// another process does the same.
Result<void> update_keyring(const std::string& path,
                            const std::function<Result<void>(Keyring&)>& change);

}  // namespace midimon::trust
