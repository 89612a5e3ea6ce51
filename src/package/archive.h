// Packages as one file, NAME-VERSION.midiplug: a plain tar, compressed with gzip or not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "midimon/result.h"
#include "package/package.h"

namespace midimon::package {

// Of the file itself.
inline constexpr std::uint64_t kMaxArchiveBytes = 64ULL * 1024 * 1024;
// How many bytes one byte of it may become, beyond a MiB for all that it holds. WebAssembly comes
// to about four.
inline constexpr std::uint64_t kMaxRatio = 100;

// Reads the bytes of an archive, which may be anybody's. Refused: more than kMaxRatio times as much
// as there are bytes; what is no tar; all in it that is no plain file (links, directories, devices,
// extended headers); what Package::make() refuses. It must have a manifest.
Result<Package> read_archive(std::string_view bytes);

// The same package gives the same bytes. Error: it is larger than may be read.
Result<std::string> write_archive(const Package& package);

}  // namespace midimon::package
