// The files of sdk/ that are part of the program, so that `plugin new` needs nothing else.
#pragma once

#include <span>
#include <string_view>

namespace midimon::cli {

struct SdkFile {
  std::string_view path;  // below sdk/: "c/midimon.h"
  std::string_view contents;
};

// By path.
[[nodiscard]] std::span<const SdkFile> sdk_files();

}  // namespace midimon::cli
