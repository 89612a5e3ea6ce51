// What lies in the directory of the cache, and what goes when it is full: the entry that was not
// used for the longest time.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace midimon::wasm {

struct AotUsage {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;  // of files, those included that are being written
};

// Of `directory`, an open descriptor. What is no entry is not counted.
[[nodiscard]] AotUsage aot_usage(int directory);

// Removes entries, the one that was used the longest time ago first, until they have at most
// `max_bytes` together. Also removes what a process left that ended while it wrote. Several
// processes may do this at once, while others load: who has an entry open keeps it.
void trim_aot(int directory, std::uint64_t max_bytes);

// Notes that the entry behind `fd` was used now.
void mark_used(int fd);

}  // namespace midimon::wasm
