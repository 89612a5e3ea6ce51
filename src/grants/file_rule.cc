#include "grants/file_rule.h"

#include <fmt/format.h>

#include "base/text.h"
#include "grants/text_pattern.h"

namespace midimon::grants {
namespace {

constexpr std::string_view kReadOnly = ":ro";
constexpr std::string_view kShared = "/shared";
constexpr std::string_view kBelow = "/...";
constexpr std::size_t kMaxPath = 4096;

bool is_at_or_below(std::string_view path, std::string_view top) {
  if (top == "/" || path == top) return true;
  return path.size() > top.size() && path.starts_with(top) && path[top.size()] == '/';
}

void trim_slashes(std::string_view& path) {
  while (path.size() > 1 && path.ends_with('/'))
    path.remove_suffix(1);
}

// The directories of the host that both mean: one's tree lies in the other's, or they are apart.
bool intersect_hosts(const FileRule& a, const FileRule& b, FileRule& both) {
  const FileRule& inner = is_at_or_below(a.host, b.host) ? a : b;
  const FileRule& outer = &inner == &a ? b : a;
  if (!is_at_or_below(inner.host, outer.host)) return false;
  if (inner.host != outer.host && !outer.below) return false;
  both.host = inner.host;
  both.below = inner.below && (inner.host != outer.host || outer.below);
  return true;
}

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(ErrorCode::invalid,
              fmt::format("\"{}\" names no directory: {}. Write /shared, /music for what a plugin "
                          "asks for, or /srv/music::/music for what it is granted, with :ro at the "
                          "end if it may only be read.",
                          escape_line(text.substr(0, 256)), why));
}

}  // namespace

bool is_plain_path(std::string_view text) {
  if (!text.starts_with('/') || text.size() > kMaxPath || !is_showable(text)) return false;
  if (text == "/") return true;
  std::string_view rest = text;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view part = rest.substr(0, rest.find('/'));
    if (part.empty() || part == "." || part == "..") return false;
    rest.remove_prefix(part.size());
  }
  return true;
}

std::optional<FileRule> intersect(const FileRule& a, const FileRule& b) {
  if (a.place != b.place) return std::nullopt;
  FileRule both = a;
  both.writable = a.writable && b.writable;
  if (a.place != FileRule::Place::directory) return both;
  if (!a.guest.empty() && !b.guest.empty() && a.guest != b.guest) return std::nullopt;
  if (a.guest.empty()) both.guest = b.guest;
  if (!intersect_hosts(a, b, both)) return std::nullopt;
  return both;
}

Result<FileRule> parse_file_rule(std::string_view text) {
  FileRule rule;
  std::string_view rest = text;
  if (rest.ends_with(kReadOnly)) {
    rule.writable = false;
    rest.remove_suffix(kReadOnly.size());
  }
  if (rest == "/" && rule.writable) return rule;
  if (rest == kShared) {
    rule.place = FileRule::Place::shared;
    return rule;
  }
  rule.place = FileRule::Place::directory;
  const std::size_t colons = rest.find("::");
  if (colons != std::string_view::npos) {
    std::string_view host = rest.substr(0, colons);
    rest.remove_prefix(colons + 2);
    trim_slashes(host);
    rule.below = host.ends_with(kBelow);
    if (rule.below) host.remove_suffix(kBelow.size());
    trim_slashes(host);
    if (host.empty() && rule.below) host = "/";
    if (!is_plain_path(host) || host.ends_with(':')) {  // "/a:" would end at its own colon
      return refuse(text, "the directory before \"::\" must be an absolute path without . and ..");
    }
    rule.host = host;
    if (rest == "*") return rule;
  }
  if (!is_plain_path(rest) || rest.find(':') != std::string_view::npos) {
    return refuse(text, "the name for the plugin must be an absolute path without . and ..");
  }
  if (rest == "/" || rest == kShared || rest.starts_with("/shared/")) {
    return refuse(text, "/ and /shared are midimon's own");
  }
  rule.guest = rest;
  return rule;
}

std::string to_string(const FileRule& rule) {
  if (rule.place == FileRule::Place::own) return "/";
  std::string out(kShared);
  if (rule.place == FileRule::Place::directory) {
    const std::string_view guest = rule.guest.empty() ? "*" : std::string_view(rule.guest);
    const std::string_view host = rule.host == "/" && rule.below ? "" : std::string_view(rule.host);
    const bool short_form = host.empty() && !rule.guest.empty();
    out = short_form ? rule.guest : fmt::format("{}{}::{}", host, rule.below ? kBelow : "", guest);
  }
  if (!rule.writable) out += kReadOnly;
  return out;
}

}  // namespace midimon::grants
