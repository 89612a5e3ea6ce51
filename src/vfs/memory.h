// A file system that lives in memory and answers, errno by errno, as `disk` does on Linux: the fake
// for the tests of the layers above, and a scratch space that leaves no traces.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "vfs/file_system.h"

namespace midimon::vfs {

// Makes an empty file system and answers its root. The bytes of its files (holes count) and link
// targets together never exceed `capacity`: what would is cut short or refused with nospc. It lives
// as long as anything opened from it; `clock` must live longer. Thread-safe: one lock for all of
// it.
[[nodiscard]] std::unique_ptr<Directory> make_memory(const Clock& clock, std::uint64_t capacity);

}  // namespace midimon::vfs
