// Directories of midimon's own: mode 0700, and nobody else's.
#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "midimon/result.h"

namespace midimon {

// What to do where a directory is not there.
enum class Missing { make, refuse };  // refuse: not_found

// Opens the directory `name` in `parent`, which may be AT_FDCWD and `name` then a path; `path` is
// for messages. One that is made has mode 0700 whatever the umask. One that exists with another
// mode, or another owner, or is a symbolic link is refused, and the error says how to mend it;
// `danger` is what another owner would mean, as in "so what is in it cannot be trusted".
Result<UniqueFd> open_private_directory(int parent, const std::string& name,
                                        const std::string& path, std::string_view danger,
                                        Missing missing);

// The same for one of midimon's own places, by its absolute path. What lies above is the user's (a
// home directory may be a link), so it is made and followed in the ordinary way.
Result<UniqueFd> open_private_place(const std::string& path, std::string_view danger,
                                    Missing missing);

}  // namespace midimon
