#include "data/links.h"

#include <fcntl.h>

#include <algorithm>

namespace midimon::data {

bool names_outside(std::string_view path, std::string_view target) {
  if (target.starts_with('/')) return true;
  auto depth = std::count(path.begin(), path.end(), '/');
  while (!target.empty()) {
    const std::string_view component = target.substr(0, target.find('/'));
    target.remove_prefix(std::min(component.size() + 1, target.size()));
    if (component.empty() || component == ".") continue;
    depth += component == ".." ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}

bool leads_outside(int root, const std::string& path, const vfs::Resolver& resolver) {
  const auto fd = resolver.open(root, path.c_str(), O_PATH, 0);
  return !fd && fd.error() == Errno::perm;
}

}  // namespace midimon::data
