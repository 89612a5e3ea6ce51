// What a plugin did, as a program that embeds the library is told: the same events that the audit
// journal keeps (docs/audit.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

namespace midimon {

// The texts are as the plugin gave them, unescaped, and valid during the call. What does not apply
// is empty or zero.
struct FileEvent {
  std::string_view event;   // "open", "create", "close", "rename", "quota_hit", "load", "end", ...
  std::string_view result;  // "success", or why it was refused: "perm", "dquot", ...
  std::chrono::nanoseconds time{};  // since 1970
  std::string_view plugin;          // its id
  std::string_view version;
  std::string_view mount;      // the guest path of the mount
  std::string_view directory;  // below the mount; empty for the mount itself
  std::string_view path;       // below `directory`
  std::string_view target_directory;
  std::string_view target;  // the new name, or the text of a symbolic link
  std::string_view detail;
  std::uint64_t size = 0;  // bytes
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t count = 0;  // of equal events in a row, or of those that were lost
};

using FileEventFunction = std::function<void(const FileEvent&)>;

}  // namespace midimon
