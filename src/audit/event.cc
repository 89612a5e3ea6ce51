#include "audit/event.h"

#include <array>
#include <cstddef>

namespace midimon::audit {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(EventKind::resume) + 1> kNames = {
    "load",
    "refuse",
    "install",
    "uninstall",
    "call",
    "end",
    "open",
    "create",
    "close",
    "unlink",
    "rename",
    "link",
    "symlink",
    "truncate",
    "set_times",
    "make_directory",
    "remove_directory",
    "quota_warning",
    "quota_hit",
    "deny",
    "lost",
    "resume"};

}  // namespace

std::string_view to_string(EventKind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<EventKind> event_kind(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<EventKind>(i);
  }
  return {};
}

}  // namespace midimon::audit
