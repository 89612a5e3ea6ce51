// Reads a module file: once, whole, and no more than a bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "midimon/result.h"

namespace midimon::plugins {

// The bytes of `path`, a regular file (links are followed). Errors: not_found; denied; limit when
// it is larger than `max_bytes`; invalid when it is no regular file.
Result<std::vector<std::byte>> read_module(const char* path, std::uint64_t max_bytes);

}  // namespace midimon::plugins
