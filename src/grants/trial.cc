#include "grants/trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/text.h"

namespace midimon::grants {
namespace {

// What changes a directory; "open" and "close" alone do not.
constexpr std::array<std::string_view, 9> kChanges = {
    "create",    "unlink",         "rename",          "link", "symlink", "truncate",
    "set_times", "make_directory", "remove_directory"};

bool is_change(const FileEvent& event) {
  return std::find(kChanges.begin(), kChanges.end(), event.event) != kChanges.end() ||
         event.bytes_written > 0;
}

std::string guest_path(const FileEvent& event) {
  std::string path(event.mount);
  for (const std::string_view part : {event.directory, event.path}) {
    if (part.empty() || part == ".") continue;
    if (!path.ends_with('/')) path += '/';
    path += part;
  }
  return escape_line(path);
}

// "/shared", "/music": the rule that a plugin asks for the mount with.
std::optional<Rule> rule_of(const std::string& mount, bool writable) {
  const auto rule =
      parse_rule(CapabilityKind::filesystem, writable || mount == "/" ? mount : mount + ":ro");
  return rule ? std::optional(*rule) : std::nullopt;
}

}  // namespace

void Trial::see(const FileEvent& event) {
  const std::uint64_t weight = std::max<std::uint64_t>(event.count, 1);
  if (event.event == "deny") {
    const std::string what(event.detail);
    if (denied_.size() < kMaxPaths || denied_.count(what) > 0) denied_[what] += weight;
    return;
  }
  if (event.mount.empty()) return;
  bool& changed = changed_[std::string(event.mount)];
  changed = changed || is_change(event);
  const std::string path = guest_path(event);
  if (files_.size() >= kMaxPaths && files_.find(path) == files_.end()) {
    more_paths_ += weight;
    return;
  }
  Touched& touched = files_[path];
  touched.events[event.result == "success" ? std::string(event.event)
                                           : fmt::format("{} ({})", event.event, event.result)] +=
      weight;
  touched.bytes_read += event.bytes_read;
  touched.bytes_written += event.bytes_written;
}

std::vector<Capability> Trial::needed(const Permissions& requested) const {
  Permissions wanted;
  const auto add = [&](const Rule& rule) {
    if (!requested.includes(rule)) return;
    // A rule that its own kind refuses was never one that could be granted.
    (void)wanted.add(Capability{kind_of(rule), {to_string(rule)}, {}}, Side::policy);
  };
  for (const auto& [mount, changed] : changed_) {
    if (const auto rule = rule_of(mount, changed)) add(*rule);
  }
  for (const auto& [text, count] : denied_) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto kind = parse_capability(text.substr(0, colon));
    if (!kind) continue;
    const auto rule = colon == text.size() ? Result<Rule>(Rule(FileRule()))
                                           : parse_rule(kind->kind, text.substr(colon + 1));
    if (rule && kind_of(*rule) == kind->kind) add(*rule);
  }
  return wanted.to_capabilities();
}

}  // namespace midimon::grants
