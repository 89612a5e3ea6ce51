// open_trusted() opens what a path leads to if nobody but root and this user could make the path
// lead to something else, or change what it leads to.
#pragma once

#include <string>

#include "base/unique_fd.h"
#include "midimon/result.h"

namespace midimon {

// An O_PATH descriptor of what the absolute `path` leads to by then, through at most 40 links.
//
// Root or this user has to own it and every directory on the way, those on the ways of links
// included, and nobody else may write to them. A group may that is this user's primary one or one
// of the system's (less than 1000, and not 100, "users"). Where a directory is sticky, as /tmp is,
// others may write to it; what is gone through in it then has to be root's or this user's, under
// that name alone. Access lists count as far as the mode shows them.
//
// Errors: not_found; denied, somebody else could change it, and how to mend that; io; invalid, the
// path is not absolute.
Result<UniqueFd> open_trusted(const std::string& path);

}  // namespace midimon
