// Directories that go away again, for what must not touch anything real.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "midimon/config.h"
#include "midimon/metadata.h"
#include "midimon/plugin.h"
#include "midimon/result.h"
#include "wasm/aot_cache.h"

namespace midimon::cli {

// A directory that goes away with all that is in it.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  // Empty: it could not be made.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Compiled code, kept for as long as this lives: what several runtimes load is compiled once.
class ScratchCode {
 public:
  ScratchCode();

  // Has `runtime` use it, before it loads a plugin.
  void serve(Runtime& runtime) const;

 private:
  ScratchDirectory directory_;
  std::shared_ptr<wasm::AotCache> cache_;
};

// What comes of a plugin's wishes for directories.
struct ScratchMounts {
  Capability files;                                     // that grants them
  std::map<std::string, std::filesystem::path> mounts;  // by the plugin's name for each
};

// Makes an empty directory in `scratch` for each that the plugin asks for, and grants nothing else
// than these and its own: it meets what it asked for, and none of it is real.
Result<ScratchMounts> scratch_directories(const Metadata& metadata,
                                          const std::filesystem::path& scratch);

}  // namespace midimon::cli
