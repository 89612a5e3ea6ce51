// The Seen class remembers the newest index of each registry, so that nobody can pass an older one
// off as new: registries.toml in the state directory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/places.h"
#include "midimon/result.h"
#include "trust/digest.h"
#include "trust/public_key.h"

namespace midimon::registry {

inline constexpr std::size_t kMaxSeenBytes = 256UL * 1024;

// One index as it was seen. A registry is where it lies together with its key: with a new key it
// begins anew.
struct Sighting {
  std::string location;
  trust::PublicKey key;
  std::uint64_t version = 0;
  trust::Sha256 sha256{};
};

class Seen {
 public:
  [[nodiscard]] const std::vector<Sighting>& all() const { return all_; }
  // Takes in what was seen now. Error: denied, the version is lower than one before, or the same
  // with other bytes.
  Result<void> add(const Sighting& sighting);

 private:
  std::vector<Sighting> all_;
};

// The text of registries.toml; `file` is its name, for errors.
Result<Seen> parse_seen(std::string_view text, std::string_view file);
[[nodiscard]] std::string to_toml(const Seen& seen);

// Does add() with what the file says, and keeps it there.
Result<void> remember(const Places& places, const Sighting& sighting);

}  // namespace midimon::registry
