// Where `midimon plugin install` and `update` take a plugin from: a file, a directory, or the web.
#pragma once

#include <string>

#include "midimon/result.h"
#include "package/package.h"

namespace midimon::cli {

// Reads the plugin that was given, once.
Result<package::Package> read_plugin(const std::string& given);

}  // namespace midimon::cli
