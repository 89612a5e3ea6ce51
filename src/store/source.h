// Where plugins come from: a file or a directory, each read once. Whatever else gives bytes, an
// index or a registry, ends in read_bytes() too.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "midimon/result.h"
#include "package/package.h"

namespace midimon::store {

// Gives the text of the signature that lies beside a module; nothing if there is none.
using ReadSignature = std::function<Result<std::optional<std::string>>()>;

// A package as archive.h reads it, or a module, and then `signature` is asked. A module is
// recognized by its first bytes. `name` is what errors call it.
Result<package::Package> read_bytes(std::string bytes, std::string_view name,
                                    const ReadSignature& signature);

// The file of a package; a module, with the signature PATH.minisig beside it if there is one; or a
// directory that holds what a package does.
Result<package::Package> read_source(const std::string& path);

}  // namespace midimon::store
