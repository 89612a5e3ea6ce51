// What the programs are called that run here, as /proc tells it.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace midimon {

// `name` as names of programs are compared: ASCII letters in lower case.
[[nodiscard]] std::string folded_name(std::string_view name);

// The names that the process goes by, folded: what the kernel calls it, its file without its
// directory, what it was started as, and of a script the script's. Empty for what is no program, or
// none any more: threads of the kernel and processes that have ended.
[[nodiscard]] std::vector<std::string> program_names(pid_t pid);

// Those of all processes that can be seen.
[[nodiscard]] std::unordered_set<std::string> running_programs();

}  // namespace midimon
