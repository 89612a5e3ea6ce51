// Where plugins come from: a file or a directory, each read once. Whatever else gives bytes, an
// index or a registry, ends in read_bytes() too.
#pragma once

#include <string>
#include <string_view>

#include "midimon/result.h"
#include "package/package.h"

namespace midimon::store {

// A module, or a package as archive.h reads it. `name` is what errors call it.
Result<package::Package> read_bytes(std::string bytes, std::string_view name);

// The file of a package; a module, with the signature PATH.minisig beside it if there is one; or a
// directory that holds what a package does. A module is recognized by its first bytes.
Result<package::Package> read_source(const std::string& path);

}  // namespace midimon::store
