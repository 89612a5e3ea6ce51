// What can be done with installed plugins besides loading them: go back to an older version, remove
// one, and look whether all is as it was signed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/places.h"
#include "midimon/plugin.h"
#include "store/judge.h"

namespace midimon::store {

// Puts a version in use that lies in the store: `version`, or the one before the one in use. Its
// signature must hold. Answers that version.
OrRefusal<std::string> roll_back(Runtime& runtime, const std::string& id,
                                 const std::optional<std::string>& version);

// Removes a plugin, and with `and_data` what it stored. Error: not_found, busy.
Result<void> uninstall(Runtime& runtime, const std::string& id, bool and_data);

// What verify() found of one version.
struct Verified {
  std::string id;
  std::string version;
  bool in_use = false;
  OrRefusal<trust::Decision> result;  // trusted
};

// Reads and judges every version that lies in the store, of one plugin or (`id` is empty) of all.
// Error: not_found, the store or the keyring cannot be read.
Result<std::vector<Verified>> verify(const Places& places, const std::string& id);

}  // namespace midimon::store
