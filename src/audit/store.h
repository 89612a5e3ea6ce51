// The directory of a journal: its files, by number, and its head record.
//
// audit-00000001.jsonl, audit-00000002.jsonl, ...: the records; head.json: how far they go; lock:
// who writes.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/hash.h"
#include "base/clock.h"
#include "base/unique_fd.h"
#include "midimon/result.h"

namespace midimon::audit {

inline constexpr const char* kHeadName = "head.json";
inline constexpr const char* kLockName = "lock";

[[nodiscard]] std::string file_name(std::uint64_t number);
// The number of the journal file called `name`; none if it is not one's name.
[[nodiscard]] std::optional<std::uint64_t> file_number(std::string_view name);

// How far the journal goes, and where what is kept of it begins.
struct Head {
  std::uint64_t seq = 0;         // of the newest record; 0: there is none
  Hash hash{};                   // of it
  std::uint64_t file = 0;        // where it is
  std::uint64_t first_file = 1;  // the oldest file that is kept
  Hash first_previous{};         // of the record before it
  Nanos time{};                  // when this was written
};
[[nodiscard]] std::string to_line(const Head& head);
[[nodiscard]] Result<Head> parse_head(std::string_view text);

// The directory for writing: made with mode 0700 where it is missing, refused where another user
// owns it or can get in, or where it is a link.
Result<UniqueFd> open_private_directory(const std::string& path);

// The directory for reading. It may be a copy with another mode.
Result<UniqueFd> open_directory(const std::string& path);

// The numbers of the files in it, ascending.
Result<std::vector<std::uint64_t>> list_files(int directory, const std::string& path);

// Opens a file in it that must be a regular file; `path` is for messages.
Result<UniqueFd> open_file(int directory, const std::string& name, int flags,
                           const std::string& path);

// head.json; none if it is not there.
Result<std::optional<Head>> read_head(int directory, const std::string& path);
// The whole of a small regular file, which may be anywhere.
Result<std::string> read_small_file(int directory, const std::string& name,
                                    const std::string& path);

// write(2), or what a test has in its place.
using WriteFunction = std::function<ssize_t(int fd, const void* bytes, std::size_t size)>;

// Writes all of it. The answer is an errno, 0 when it worked.
[[nodiscard]] int write_all(int fd, std::string_view bytes, const WriteFunction& write = {});

}  // namespace midimon::audit
