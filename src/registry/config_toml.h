// The registries that the user's configuration names: [[registries]] in config.toml.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/places.h"
#include "midimon/result.h"
#include "toml/problems.h"
#include "trust/public_key.h"

namespace midimon::registry {

inline constexpr std::size_t kMaxConfigBytes = 1024UL * 1024;
inline constexpr std::size_t kMaxRegistries = 32;

struct Config {
  std::string name;      // for people, one word
  std::string location;  // a URL, or an absolute path; of index.json or its directory
  trust::PublicKey key;  // that signs its index, and no other may
};

// Reads [[registries]] and leaves the rest of the file to others. A path is taken to be below the
// directory of `file`. The error has a line for each thing that is wrong.
Result<std::vector<Config>> parse_config(std::string_view text, const std::string& file);
// The same of a text that is not too large, with what is wrong put into `problems`.
std::vector<Config> parse_config(std::string_view text, const std::string& file,
                                 Problems& problems);

// Those in the configuration directory; none if there is no such file.
Result<std::vector<Config>> load_config(const Places& places);

}  // namespace midimon::registry
