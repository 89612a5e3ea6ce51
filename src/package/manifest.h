// The Manifest struct is what a package says is in it, for people and programs that do not run the
// module. It has no authority; what contradicts the module's signature is refused.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "midimon/result.h"

namespace midimon::package {

inline constexpr std::size_t kMaxManifestBytes = 64UL * 1024;

struct Manifest {
  std::string id;  // is_plugin_id() holds
  std::string version;

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

// The text of manifest.toml. The error has a line for each thing that is wrong.
Result<Manifest> parse_manifest(std::string_view text);
[[nodiscard]] std::string to_toml(const Manifest& manifest);

}  // namespace midimon::package
