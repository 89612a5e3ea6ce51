// The Reader class reads the records of a journal, of which it believes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/lines.h"
#include "audit/record.h"
#include "base/unique_fd.h"
#include "midimon/result.h"

namespace midimon::audit {

class Reader {
 public:
  struct Entry {
    std::uint64_t file = 0;
    std::uint64_t line = 0;
    std::string_view text;  // without its end; valid until the next call
    Result<Record> record;  // or what is wrong with the line
  };

  // Begins after the first `skip` files, with the last at the latest. Error: the directory
  // cannot be read. One without files is fine.
  static Result<Reader> open(const std::string& directory, std::size_t skip = 0);

  // The next line; none at the end, for now: a later call goes on with what was written since,
  // in new files too. A file that went away meanwhile is passed over.
  std::optional<Entry> next();

  // How many files there were when it was opened.
  [[nodiscard]] std::size_t file_count() const { return file_count_; }

 private:
  Reader() = default;
  bool open_after(std::uint64_t number);
  [[nodiscard]] bool is_last() const;

  std::string directory_;
  UniqueFd fd_;
  std::size_t file_count_ = 0;
  std::uint64_t number_ = 0;  // of the file that is read; 0: none yet
  UniqueFd file_;
  std::optional<Lines> lines_;
};

// What is asked for. What is empty asks for all.
struct Filter {
  std::string plugin;
  std::optional<Nanos> since;  // inclusive
  std::optional<Nanos> until;  // exclusive
  std::optional<EventKind> event;
  // With *, ? or [ a pattern as in a shell, in which * crosses slashes; else how a path begins. One
  // that begins with / is held against the path with its mount, others against the path below it.
  // The target counts as well.
  std::string path;
  std::optional<Errno> result;
  bool refused = false;  // any result but success
};
[[nodiscard]] bool matches(const Filter& filter, const Record& record);

// The path as a guest sees it: with its mount in front.
[[nodiscard]] std::string full_path(const Record& record, const std::string& path);

// What one plugin did.
struct PluginStats {
  std::string plugin;
  std::uint64_t calls = 0;
  std::uint64_t files = 0;  // different paths that were opened or changed
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t refused = 0;
};
struct Stats {
  std::vector<PluginStats> plugins;  // by id
  std::uint64_t records = 0;
  std::uint64_t lost = 0;       // events that are missing in the journal
  std::uint64_t malformed = 0;  // lines
  bool files_capped = false;    // there were too many paths to tell them all apart
};
Result<Stats> stats(const std::string& directory, const Filter& filter);

}  // namespace midimon::audit
