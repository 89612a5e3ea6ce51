#include "vfs/foreign_links.h"

#include <fmt/format.h>

#include <map>
#include <utility>
#include <vector>

namespace midimon::vfs {
namespace {

constexpr std::size_t kMaxLevels = 100;  // each is two open descriptors

// A file with more than one name, and how many of them have been found.
struct Linked {
  std::string name;
  std::uint64_t missing = 0;
};
using Found = std::map<std::pair<std::uint64_t, std::uint64_t>, Linked>;  // by device and inode

struct Level {
  std::unique_ptr<Directory> owned;  // null for the root
  Directory* directory = nullptr;
  std::unique_ptr<Listing> listing;
  std::string path;  // "" or ending in a slash
};

tl::unexpected<Error> cannot_read(const std::string& path, Errno why) {
  return fail(ErrorCode::io, fmt::format("\"{}\" cannot be looked at ({})",
                                         path.empty() ? "." : path, to_string(why)));
}

void count(Found& found, const Stat& info, std::string name) {
  if (info.links < 2) return;
  auto [at, first] = found.try_emplace({info.device, info.inode}, Linked{"", info.links});
  if (first) at->second.name = std::move(name);
  if (at->second.missing > 0) --at->second.missing;
}

// Looks at one entry; a directory becomes the next level.
Result<void> visit(std::vector<Level>& levels, Found& found, const std::string& name) {
  Directory& directory = *levels.back().directory;
  const std::string full = levels.back().path + name;
  Path path;
  if (path.parse(name) != Errno::success) return cannot_read(full, Errno::inval);
  const auto info = directory.stat(path, false);
  if (!info) return cannot_read(full, info.error());
  if (info->type != FileType::directory) {
    count(found, *info, full);
    return {};
  }
  if (levels.size() == kMaxLevels) {
    return fail(ErrorCode::limit,
                fmt::format("\"{}\" is nested more than {} levels deep", full, kMaxLevels));
  }
  auto node = directory.open(path, {.read = true, .directory = true});
  if (!node) return cannot_read(full, node.error());
  auto below = std::get<std::unique_ptr<Directory>>(std::move(*node));
  auto listing = below->list();
  if (!listing) return cannot_read(full, listing.error());
  Directory* const raw = below.get();
  levels.push_back({std::move(below), raw, std::move(*listing), full + "/"});
  return {};
}

}  // namespace

Result<void> refuse_foreign_links(Directory& root) {
  Found found;
  std::vector<Level> levels;
  auto listing = root.list();
  if (!listing) return cannot_read("", listing.error());
  levels.push_back({nullptr, &root, std::move(*listing), ""});
  while (!levels.empty()) {
    const auto entry = levels.back().listing->next();
    if (!entry) return cannot_read(levels.back().path, entry.error());
    if (!entry->has_value()) {
      levels.pop_back();
      continue;
    }
    Result<void> visited = visit(levels, found, std::string((*entry)->name));
    if (!visited) return visited;
  }
  for (const auto& [id, linked] : found) {
    if (linked.missing == 0) continue;
    return fail(ErrorCode::denied,
                fmt::format("\"{0}\" is a hard link to a file that has another name outside this "
                            "directory; replace it with a copy: cp '{0}' copy && mv copy '{0}'",
                            linked.name));
  }
  return {};
}

}  // namespace midimon::vfs
