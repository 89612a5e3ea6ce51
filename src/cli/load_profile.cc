#include "cli/load_profile.h"

#include <fmt/format.h>

#include "cli/read_file.h"
#include "mapping/profile_toml.h"

namespace midimon::cli {

Result<Profile> load_profile(const std::string& path) {
  const auto bytes = read_file(path, kMaxProfileBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  return parse_profile({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, path);
}

std::vector<std::string> note_lines(const Profile& profile) {
  std::vector<std::string> lines;
  lines.reserve(profile.notes.size());
  for (const ProfileNote& note : profile.notes) {
    lines.push_back(fmt::format("{}:{}:{}: {}", profile.file.string(), note.pos.line,
                                note.pos.column, note.text));
  }
  return lines;
}

}  // namespace midimon::cli
