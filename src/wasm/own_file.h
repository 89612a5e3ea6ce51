// Files in a directory of midimon's own: opened only where nobody else has a hand on them, and put
// there whole or not at all.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace midimon::wasm {

constexpr mode_t kOthersWrite = 0022;
constexpr mode_t kOthersAnything = 0077;

struct OwnFile {
  UniqueFd fd;  // to read; not valid if there is none or it must not be used
  std::uint64_t size = 0;
  std::string_view flaw;  // why it must not be used: "it is a symbolic link"
  int error = 0;          // why it was not looked at, as an errno; ENOENT where there is none
};

// Opens `name` in `directory` without following or waiting. Must not be used: what is no file, a
// link of either kind, what belongs to another user, what has one of the mode bits `forbidden`.
[[nodiscard]] OwnFile open_own_file(int directory, const std::string& name, mode_t forbidden);

// What to do where there is a file of that name.
enum class IfThere : std::uint8_t { replace, fail };  // fail: EEXIST

// Makes a file of `parts`, one behind the other, with mode 0600 whatever the umask. Others see all
// of it or none. Not synced: for what can be told to be damaged after a crash. Answers an errno, or
// 0.
[[nodiscard]] int publish_file(int directory, const std::string& name,
                               std::initializer_list<std::span<const std::uint8_t>> parts,
                               IfThere if_there);
// Whether publish_file() was ended in the middle and left a file of that name.
[[nodiscard]] bool is_unpublished(std::string_view name);

}  // namespace midimon::wasm
