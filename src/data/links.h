// Whether a symbolic link stays in its directory.
#pragma once

#include <string>
#include <string_view>

#include "vfs/resolver.h"

namespace midimon::data {

// Whether the text of the link at `path` (below a root) names something outside that root: an
// absolute path, or more ".." than there are directories above it. Links on the way are not looked
// at, so it may say no of one that leads out by way of another.
[[nodiscard]] bool names_outside(std::string_view path, std::string_view target);

// Whether the link at `path` leads out of `root` as things are now, or onto another mount.
[[nodiscard]] bool leads_outside(int root, const std::string& path, const vfs::Resolver& resolver);

}  // namespace midimon::data
