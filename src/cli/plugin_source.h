// Where `midimon plugin install` takes a plugin from: a file, a directory, the web, or a registry.
#pragma once

#include <string>

#include "midimon/result.h"
#include "package/package.h"

namespace midimon::cli {

// Whether a plugin in a registry is meant: ID or ID@VERSION, and no file is called so.
[[nodiscard]] bool is_listed_name(const std::string& given);

// Reads the plugin that was given, once. `registry` is the one in which to look for a name; empty:
// in all.
Result<package::Package> read_plugin(const std::string& given, const std::string& registry);

}  // namespace midimon::cli
