// The FileRule struct is a directory that a plugin asks for, is granted, or may at most be granted.
//
//   /            its own directory            /shared, /shared:ro    the one that plugins share
//   /music:ro    some directory as /music: what a plugin asks for; its user says which
//   /srv/music::/music:ro    that one: what is granted
//   /srv/...::*  that one or any below it, under any name: what a policy allows
//
// With ":ro" it may be read and not changed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "midimon/result.h"

namespace midimon::grants {

struct FileRule {
  enum class Place { own, shared, directory };
  Place place = Place::own;
  bool writable = true;
  // Of a directory: where it is on the host, and whether those below it are meant too. Any
  // directory at all is "/" with those below it.
  std::string host = "/";
  bool below = true;
  std::string guest;  // absolute; empty: any

  // Whether it says which directory, and where the plugin finds it, so that it can be mounted.
  [[nodiscard]] bool is_exact() const {
    return place != Place::directory || (!below && !guest.empty());
  }
  friend bool operator==(const FileRule&, const FileRule&) = default;
};

[[nodiscard]] std::optional<FileRule> intersect(const FileRule& a, const FileRule& b);
Result<FileRule> parse_file_rule(std::string_view text);
[[nodiscard]] std::string to_string(const FileRule& rule);

// Whether `text` is an absolute path without "." and "..", empty parts or a slash at the end, that
// can be shown as it is.
[[nodiscard]] bool is_plain_path(std::string_view text);

}  // namespace midimon::grants
