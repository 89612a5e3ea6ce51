#include "cli/scratch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "grants/file_rule.h"
#include "grants/permissions.h"
#include "plugins/runtime.h"

namespace midimon::cli {

using grants::FileRule;

namespace {

// The code of a large module in Go has some 20 MB, and a quarter of this may be one entry.
constexpr std::uint64_t kMaxScratchCode = std::uint64_t{4} << 30;

}  // namespace

ScratchDirectory::ScratchDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "midimon-try-XXXXXX").string();
  if (::mkdtemp(name.data()) != nullptr) path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

ScratchCode::ScratchCode() {
  if (directory_.path().empty()) return;
  wasm::AotCacheOptions options;
  options.cache = directory_.path() / "cache";
  options.state = directory_.path() / "state";
  options.max_bytes = kMaxScratchCode;
  cache_ = std::make_shared<wasm::AotCache>(std::move(options));
}

void ScratchCode::serve(Runtime& runtime) const {
  runtime.parts().aot_cache = cache_;
}

Result<ScratchMounts> scratch_directories(const Metadata& metadata,
                                          const std::filesystem::path& scratch) {
  ScratchMounts made;
  made.files.kind = CapabilityKind::filesystem;
  std::size_t count = 0;
  for (const Capability& ask : metadata.capabilities) {
    if (ask.kind != CapabilityKind::filesystem) continue;
    for (const std::string& text : ask.allow) {
      const auto rule = grants::parse_file_rule(text);
      if (!rule) return tl::unexpected(rule.error());
      if (rule->place != FileRule::Place::directory) {
        made.files.allow.push_back(text);
        continue;
      }
      const auto directory = scratch / fmt::format("directory-{}", ++count);
      std::error_code error;
      std::filesystem::create_directory(directory, error);
      if (error) return fail(ErrorCode::io, "Cannot make " + directory.string() + ".");
      made.files.allow.push_back(directory.string() + "::" + text);
      made.mounts[text.substr(0, text.rfind(":ro"))] = directory;
    }
  }
  return made;
}

}  // namespace midimon::cli
