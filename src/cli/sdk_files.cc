#include "cli/sdk_files.h"

#include <cstddef>

extern "C" {
#include "sdk_names.inc"  // made by CMakeLists.txt, as sdk_files.S and sdk_table.inc are
}

namespace midimon::cli {

std::span<const SdkFile> sdk_files() {
#define SDK_FILE(path, label)                                                    \
  SdkFile {                                                                      \
    path, std::string_view(label, static_cast<std::size_t>(label##_end - label)) \
  }
  static const SdkFile files[] = {
#include "sdk_table.inc"
  };
#undef SDK_FILE
  return files;
}

}  // namespace midimon::cli
