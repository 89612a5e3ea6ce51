// cannot() says what could not be done with a file, and why.
#pragma once

#include <string>
#include <string_view>

#include "midimon/result.h"

namespace midimon {

// An error that begins "Cannot WHAT PATH: ", for the value of errno `error`: denied, not_found or
// io.
[[nodiscard]] tl::unexpected<Error> cannot(std::string_view what, const std::string& path,
                                           int error);

}  // namespace midimon
