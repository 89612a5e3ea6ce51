#include "cli/sdk_files.h"

#include <cstddef>

extern "C" {
#include "sdk_names.inc"  // made by CMakeLists.txt, as sdk_files.S and sdk_table.inc are
}

namespace midimon::cli {

namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::span<const SdkFile> sdk_files() {
#define SDK_FILE(path, label)               \
  SdkFile {                                 \
    (path), between((label), (label##_end)) \
  }
  static const SdkFile files[] = {
#include "sdk_table.inc"
  };
#undef SDK_FILE
  return files;
}

}  // namespace midimon::cli
