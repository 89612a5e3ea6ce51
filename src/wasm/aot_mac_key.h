// The secret key of the cache of compiled code: 32 random bytes in the state directory, which only
// their owner may read.
#pragma once

#include <string>

#include "midimon/result.h"
#include "wasm/aot_entry.h"

namespace midimon::wasm {

constexpr const char* kMacKeyName = "aot.key";

struct FoundMacKey {
  MacKey key{};
  // A key was there that could not be trusted, and why; a new one has taken its place, so that no
  // entry of before is taken for ours.
  std::string_view replaced;
};

// The key in `directory` (a descriptor of the state directory), made if there is none. Of several
// processes that make one at the same time, all get the same. `path` is the directory's, for
// errors.
Result<FoundMacKey> find_mac_key(int directory, const std::string& path);

}  // namespace midimon::wasm
