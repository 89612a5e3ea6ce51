#include "process/program.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "base/text.h"
#include "process/trusted_path.h"

namespace midimon {

Result<Program> Program::open(const std::string& path) {
  auto fd = open_trusted(path);
  if (!fd) return tl::unexpected(fd.error());
  struct stat info {};
  const std::string itself = fmt::format("/proc/self/fd/{}", fd->get());
  if (::fstat(fd->get(), &info) != 0 || !S_ISREG(info.st_mode) ||
      ::access(itself.c_str(), X_OK) != 0) {
    return fail(ErrorCode::invalid,
                fmt::format("{} is no file that may be executed.", escape_line(path)));
  }
  return Program(std::move(*fd));
}

}  // namespace midimon
