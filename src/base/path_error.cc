#include "base/path_error.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace midimon {

tl::unexpected<Error> cannot(std::string_view what, const std::string& path, int error) {
  const std::string reason = std::error_code(error, std::generic_category()).message();
  const ErrorCode code = error == EACCES || error == EPERM ? ErrorCode::denied
                         : error == ENOENT                 ? ErrorCode::not_found
                                                           : ErrorCode::io;
  return fail(code, fmt::format("Cannot {} {}: {}.", what, path, reason));
}

}  // namespace midimon
