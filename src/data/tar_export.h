// Writes a directory that strangers have filled as a tar file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "midimon/result.h"
#include "vfs/resolver.h"

namespace midimon::data {

struct Exported {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;  // of the files in it
  // What could not be written, a sentence for each, safe to show; at most kMaxLeftOut of them.
  std::vector<std::string> left_out;
  std::uint64_t left_out_count = 0;
};
inline constexpr std::size_t kMaxLeftOut = 20;

// Writes all below `root` to `out` in the pax format: modes, times of change to the nanosecond,
// symbolic links. A file with several names is written under each. Left out is what import_tar()
// would refuse and plugins cannot make: devices, FIFOs and sockets, names that are not UTF-8 and
// links that lead out. Nobody may change the directory meanwhile. Errors: something cannot be read,
// or written.
Result<Exported> export_tar(int root, const vfs::Resolver& resolver, int out);

}  // namespace midimon::data
