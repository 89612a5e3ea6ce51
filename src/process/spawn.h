// spawn() starts a program as if nobody had: without a shell, a terminal or anything of ours.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "midimon/result.h"

namespace midimon {

// The program is argv[0], looked for on PATH if it has no "/". It has its arguments and our
// environment, a session and process group of its own, the home directory, no signal blocked or
// ignored, and no file open but 0, 1 and 2: /dev/null, or `out` and `err` in place of 1 and 2 where
// they are not negative. It starts in `directory`, if that is the absolute path of one, in place of
// the home directory. Returns once it runs, with its process id; the caller waits for its end.
Result<pid_t> spawn(const std::vector<std::string>& argv, int out = -1, int err = -1,
                    const std::string& directory = {});

}  // namespace midimon
