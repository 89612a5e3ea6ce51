// A record of the journal, and the line of JSON that it is written as. docs/audit.md has the
// format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/event.h"
#include "audit/hash.h"
#include "midimon/result.h"

namespace midimon::audit {

// The first record of a file says which file it is and what came before it.
struct FileStart {
  std::uint64_t file = 0;
  Hash previous{};  // of the last record of the file before; zeros before the first
};

// A record as it was read back. The texts are those of the event, unescaped; `path` and `target`
// have their directories in front.
struct Record {
  std::uint64_t seq = 0;
  std::optional<FileStart> start;
  EventKind kind = EventKind::open;
  Errno result = Errno::success;
  Nanos time{};
  std::string plugin;
  std::string version;
  std::string mount;
  std::string path;
  std::string target;
  std::string detail;
  std::uint64_t size = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t fuel = 0;
  std::uint64_t duration = 0;
  std::uint64_t memory_peak = 0;
  std::uint64_t used = 0;
  std::uint64_t allowed = 0;
  std::uint64_t count = 0;
  bool cut = false;
  Hash hash{};
};

// No line is longer than this, its end not counted: seven texts of kMaxText bytes, each written as
// five, and the rest.
inline constexpr std::size_t kMaxLine = 256UL * 1024;

// Appends the line of `event` to `out`, up to its hash; `start` for the first of a file.
void append_text(std::string& out, std::uint64_t seq, const std::optional<FileStart>& start,
                 const Event& event);

// Appends what makes a line of that: the hash, and the end of the line.
void append_hash(std::string& out, const Hash& hash);

// A line taken apart without looking into it: what the hash is over, and the hash.
struct SplitLine {
  std::string_view text;
  Hash hash;
};
// None if `line` (without its end) does not end as every line does.
[[nodiscard]] std::optional<SplitLine> split_line(std::string_view line);

// Reads a line without its end, which may hold anything. Takes what append_text writes, and members
// it does not know, so that a later midimon may add some. A text that was not escaped as we escape
// is an error: what was read may be shown as it stands. Does not look at the hash.
[[nodiscard]] Result<Record> parse_line(std::string_view line);

// The number behind {"seq": at the start of `text`; none if there is none.
[[nodiscard]] std::optional<std::uint64_t> seq_of(std::string_view text);

}  // namespace midimon::audit
