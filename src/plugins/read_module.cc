#include "plugins/read_module.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/unique_fd.h"
#include "base/units.h"

namespace midimon::plugins {
namespace {

tl::unexpected<Error> cannot_read(const char* path, int error) {
  const ErrorCode code = error == ENOENT || error == ENOTDIR ? ErrorCode::not_found
                         : error == EACCES                   ? ErrorCode::denied
                                                             : ErrorCode::io;
  const std::string reason = std::error_code(error, std::generic_category()).message();
  return fail(code,
              fmt::format("Cannot read {}: {}. Give the path of a .wasm file.", path, reason));
}

}  // namespace

Result<std::vector<std::byte>> read_module(const char* path, std::uint64_t max_bytes) {
  // NONBLOCK: a FIFO in the module's place must not hang us.
  const UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return cannot_read(path, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return cannot_read(path, errno);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::invalid,
                fmt::format("{} is not a file. Give the path of a .wasm file.", path));
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > max_bytes) {
    return fail(
        ErrorCode::limit,
        fmt::format("{} is {} large, and a module may be {}. Build it with optimization and "
                    "without debug information, or raise max_module_bytes.",
                    path, format_bytes(size), format_bytes(max_bytes)));
  }
  std::vector<std::byte> bytes(size);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::read(fd.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_read(path, errno);
    if (count == 0) break;  // it shrank meanwhile; what is left is judged as any other module
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace midimon::plugins
