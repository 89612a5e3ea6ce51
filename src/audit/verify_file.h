// Looks at one file of a journal: the hash of every line, in pieces on several threads, and how the
// lines follow on each other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/hash.h"
#include "audit/verify.h"

namespace midimon::audit {

// What has to come next.
struct Expected {
  std::optional<std::uint64_t> seq;   // none: whatever comes
  std::optional<Hash> previous;       // the hash of the record before; none: whatever the file says
  std::optional<std::uint64_t> file;  // the number of the file
};

// A record that has to be there.
struct Wanted {
  std::uint64_t seq = 0;
  Hash hash{};
  std::string file;  // that says so, for messages
  bool found = false;
};

struct CheckedFile {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  Hash last{};
  std::optional<Flaw> flaw;
};

// `growing`: somebody may be writing to it, and its last line may not be whole yet. Those of
// `wanted` that are in the file are marked. Error: the file cannot be read.
Result<CheckedFile> check_file(int fd, const std::string& name, const Expected& expected,
                               bool growing, unsigned threads, std::vector<Wanted>& wanted);

}  // namespace midimon::audit
