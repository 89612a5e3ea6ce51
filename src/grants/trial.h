// The Trial class watches a plugin that is run with everything denied: what it wanted to do, and
// which grants would have been enough for that.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "grants/permissions.h"
#include "midimon/capability.h"
#include "midimon/file_event.h"

namespace midimon::grants {

// What happened to one file, or was refused in the same way.
struct Touched {
  std::map<std::string, std::uint64_t> events;  // "create", "open (noent)", ... and how often
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
};

// Not thread-safe.
class Trial {
 public:
  // For RuntimeOptions::on_file_event.
  void see(const FileEvent& event);

  // By guest path, escaped; at most kMaxPaths of them, the rest is in more_paths().
  [[nodiscard]] const std::map<std::string, Touched>& files() const { return files_; }
  [[nodiscard]] std::uint64_t more_paths() const { return more_paths_; }
  // What it was refused, as a grant would have it ("network:https://a.org"), and how often.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& denied() const { return denied_; }

  // Whether anything was done in what the plugin sees as `mount`.
  [[nodiscard]] bool used(const std::string& mount) const { return changed_.count(mount) > 0; }

  // The narrowest grants that what was seen would have needed, of what the plugin asks for at all.
  // A directory that the user has to choose is in it under the plugin's name for it, "/music:ro".
  [[nodiscard]] std::vector<Capability> needed(const Permissions& requested) const;

  static constexpr std::size_t kMaxPaths = 1'000;

 private:
  std::map<std::string, Touched> files_;
  std::map<std::string, std::uint64_t> denied_;
  std::map<std::string, bool> changed_;  // the mounts that were used, by guest path
  std::uint64_t more_paths_ = 0;
};

}  // namespace midimon::grants
