// verify finds what was changed in a journal, and where.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/store.h"
#include "midimon/result.h"

namespace midimon::audit {

// The first place where a journal is not as it was written.
struct Flaw {
  std::string file;        // its name
  std::uint64_t line = 0;  // from 1; 0: the file as a whole
  std::string why;
};

struct Verified {
  std::uint64_t files = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t first_seq = 0;  // of what was looked at; 0: there was nothing
  std::uint64_t last_seq = 0;
  std::optional<Flaw> flaw;
};

struct VerifyOptions {
  // Threads that hash; 0: one for each CPU.
  unsigned threads = 0;
  // A head that was put aside, and perhaps signed, earlier: its record has to be there as well. A
  // path.
  std::string earlier_head = {};
};

// Looks at a whole journal: every record, every file, and that they reach as far as the head says.
// It may be written to meanwhile. Error: something cannot be read.
Result<Verified> verify_directory(const std::string& directory, const VerifyOptions& options);

// Looks at these files alone, and that those with following numbers follow on each other. What
// comes before the first and after the last cannot be known.
Result<Verified> verify_files(const std::vector<std::string>& paths, const VerifyOptions& options);

}  // namespace midimon::audit
