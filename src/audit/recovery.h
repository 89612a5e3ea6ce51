// Finds where a journal ends, whatever became of the process that wrote it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/store.h"

namespace midimon::audit {

// Where to go on.
struct Tail {
  std::uint64_t seq = 0;   // of the last record
  Hash hash{};             // of it
  std::uint64_t file = 0;  // the last file; 0: there is none
  bool goes_on = false;    // whether the next record goes to that file, or to a new one
  std::uint64_t size = 0;  // of it
  Nanos begun{};           // the time of its first record
  std::uint64_t cut = 0;   // bytes that were taken off, because they were not a record
};

// Cuts the newest file to its last whole line whose hash is right. A file with nothing but a torn
// line is removed, and the one before it is the newest. One with whole lines of which none is right
// was not written by us: it stays as it is, and the journal goes on in a new file.
Result<Tail> recover(int directory, const std::string& path);

// What the first record of a file says came before it; none if it does not say.
std::optional<Hash> previous_of(int directory, std::uint64_t file, const std::string& path);

}  // namespace midimon::audit
