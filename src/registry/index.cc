#include "registry/index.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "net/url.h"

namespace midimon::registry {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-' || c == '+';
}

bool is_name(std::string_view name) {
  return !name.empty() && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

bool is_below(std::string_view path) {
  for (;;) {
    const std::size_t slash = path.find('/');
    if (!is_name(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

const Release* Plugin::find(const trust::SemVer& version) const {
  const auto found = std::find_if(releases.begin(), releases.end(), [&](const Release& release) {
    return release.version == version;
  });
  return found == releases.end() ? nullptr : &*found;
}

const Release* Plugin::newest() const {
  const Release* prerelease = nullptr;
  for (const Release& release : releases) {
    if (release.yanked) continue;
    if (!release.version.is_prerelease()) return &release;
    if (prerelease == nullptr) prerelease = &release;
  }
  return prerelease;
}

const Plugin* Index::find(std::string_view id) const {
  const auto found = std::lower_bound(
      plugins.begin(), plugins.end(), id,
      [](const Plugin& plugin, std::string_view other) { return plugin.id < other; });
  return found == plugins.end() || found->id != id ? nullptr : &*found;
}

Result<void> check_reference(std::string_view reference) {
  if (reference.size() <= kMaxReference) {
    if (is_below(reference)) return {};
    const auto url = net::Url::parse(reference);
    if (url && url->is_secure()) return {};
  }
  return fail(ErrorCode::invalid,
              fmt::format("\"{}\" is neither an https:// URL nor the name of a file below the "
                          "directory of the index",
                          escape_line(reference.substr(0, 200))));
}

}  // namespace midimon::registry
