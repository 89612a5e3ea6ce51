// A place in a TOML file.
#pragma once

#include <cstdint>

namespace midimon {

// Both count from 1; 0 for what was not read from a file.
struct SourcePos {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

}  // namespace midimon
