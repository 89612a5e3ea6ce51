// Reads a file that the user named.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "midimon/result.h"

namespace midimon::cli {

// The bytes of `path`; the error says why not, and what the limit is where it is too large.
Result<std::vector<std::uint8_t>> read_file(const std::string& path, std::size_t max_bytes);

}  // namespace midimon::cli
