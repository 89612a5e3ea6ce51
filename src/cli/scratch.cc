#include "cli/scratch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "grants/file_rule.h"
#include "grants/permissions.h"

namespace midimon::cli {

using grants::FileRule;

ScratchDirectory::ScratchDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "midimon-try-XXXXXX").string();
  if (::mkdtemp(name.data()) != nullptr) path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
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
