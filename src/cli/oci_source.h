// Plugins that `plugin install` and `update` take from an OCI registry: pulled, and held to what
// their tag led to before.
#pragma once

#include <string>

#include "midimon/result.h"
#include "package/package.h"
#include "registry/oci_reference.h"

namespace midimon::cli {

struct OciPull {
  package::Package package;
  registry::OciReference target;  // with the digest of what was pulled
};

// `update` takes what a tag leads to now; otherwise, and without a digest in `reference`, a tag
// that leads to anything but what it is pinned to is refused before any of it is pulled.
Result<OciPull> pull_oci(const std::string& reference, bool update);

// Pins the tag of what was pulled, once it is installed.
Result<void> pin_oci(const registry::OciReference& target);

}  // namespace midimon::cli
