#include "process/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace midimon {

Result<Program> Program::open(const std::string& path) {
  const std::string shown = escape_line(path);
  UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) {
    return fail(errno == ENOENT || errno == ENOTDIR ? ErrorCode::not_found : ErrorCode::io,
                fmt::format("{} cannot be opened: {}.", shown, std::strerror(errno)));
  }
  const std::string itself = fmt::format("/proc/self/fd/{}", fd.get());
  if (!S_ISREG(info.st_mode) || ::access(itself.c_str(), X_OK) != 0) {
    return fail(ErrorCode::invalid, fmt::format("{} is no file that may be executed.", shown));
  }
  const bool trusted_owner = info.st_uid == 0 || info.st_uid == ::geteuid();
  if (!trusted_owner || (info.st_mode & S_IWOTH) != 0) {
    return fail(ErrorCode::denied,
                fmt::format("{} is not run: {}.", shown,
                            trusted_owner ? "anybody may write to it; chmod o-w mends that"
                                          : "it belongs to another user"));
  }
  return Program(std::move(fd));
}

}  // namespace midimon
