// The LandlockRuleset class is the second fence: the kernel's own refusal to open, make, change or
// remove anything outside the directories it names, whatever our path code does.
//
// Landlock judges by where a file lies when it is opened or its name changed, not by the path that
// led there, so no race gets around it. It does not cover stat, chmod and utimes, nor descriptors
// that are open already. Source: Linux, Documentation/userspace-api/landlock.rst.
#pragma once

#include <utility>

#include "base/unique_fd.h"
#include "midimon/result.h"

namespace midimon::vfs {

// The version of the kernel's Landlock; 0 where it has none or it is switched off.
[[nodiscard]] int landlock_abi();

// The first version that allows renames between directories; with less, confined programs would be
// refused what POSIX promises. Linux 5.19.
inline constexpr int kLandlockNeeded = 2;

// Immutable once it is put together; restrict_thread() may then be called from any thread.
class LandlockRuleset {
 public:
  // A ruleset that allows nothing: no file, no TCP port, no abstract socket, each as far as the
  // kernel knows how to forbid it. Error: unsupported where its Landlock is older than
  // kLandlockNeeded.
  static Result<LandlockRuleset> create();

  // Allows to read below the open directory `dirfd` and, unless `read_only`, to change what is
  // there: files, directories and symbolic links, but no devices, sockets or FIFOs, and nothing is
  // ever executed. `dirfd` stays the caller's and may be O_PATH.
  Result<void> allow(int dirfd, bool read_only);

  // Holds the calling thread to the ruleset, and every thread and process it starts, for good. Sets
  // no_new_privs. A thread takes at most 16 of them on top of each other.
  [[nodiscard]] Result<void> restrict_thread() const;

 private:
  explicit LandlockRuleset(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

// Holds the calling thread to `ruleset`. False where create() said that the kernel cannot: the
// first fence then stands alone. An error where it could and does not: such a thread runs no guest.
[[nodiscard]] Result<bool> confine_thread(const Result<LandlockRuleset>& ruleset);

}  // namespace midimon::vfs
