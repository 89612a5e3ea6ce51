#include "base/private_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/path_error.h"

namespace midimon {
namespace {

constexpr mode_t kPrivate = 0700;
constexpr int kOpenFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

Result<void> check_private(int fd, const std::string& path, std::string_view danger) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return cannot("look at", path, errno);
  if (status.st_uid != ::geteuid()) {
    return fail(ErrorCode::denied,
                fmt::format("{} belongs to another user (uid {}), {}. Move it away, or run midimon "
                            "as that user.",
                            path, status.st_uid, danger));
  }
  if ((status.st_mode & 07777U) != kPrivate) {
    return fail(ErrorCode::denied,
                fmt::format("{} has the mode {:04o}, which lets others in or the owner out. If you "
                            "trust what is in it, run: chmod 0700 '{}'",
                            path, status.st_mode & 07777U, path));
  }
  return {};
}

}  // namespace

Result<UniqueFd> open_private_directory(int parent, const std::string& name,
                                        const std::string& path, std::string_view danger,
                                        Missing missing) {
  const bool made = missing == Missing::make && ::mkdirat(parent, name.c_str(), kPrivate) == 0;
  if (missing == Missing::make && !made && errno != EEXIST) return cannot("make", path, errno);
  UniqueFd fd(::openat(parent, name.c_str(), kOpenFlags));
  if (!fd.valid() && (errno == ELOOP || errno == ENOTDIR)) {
    return fail(ErrorCode::denied,
                fmt::format("{} is not a directory but a file or a symbolic link, which could lead "
                            "anywhere. Remove it; midimon makes the directory itself.",
                            path));
  }
  // A umask without read permission for the owner keeps even us out until the mode is mended.
  if (!fd.valid() && made && errno == EACCES) {
    if (::fchmodat(parent, name.c_str(), kPrivate, 0) == 0) {
      fd.reset(::openat(parent, name.c_str(), kOpenFlags));
    }
  }
  if (!fd.valid()) return cannot("open", path, errno);
  if (made && ::fchmod(fd.get(), kPrivate) != 0) return cannot("set the mode of", path, errno);
  if (auto checked = check_private(fd.get(), path, danger); !checked) {
    return tl::unexpected(checked.error());
  }
  return fd;
}

Result<UniqueFd> open_private_place(const std::string& path, std::string_view danger,
                                    Missing missing) {
  const std::filesystem::path place(path);
  const std::string above = place.parent_path().string();
  std::error_code error;
  if (missing == Missing::make) std::filesystem::create_directories(above, error);
  if (error) return cannot("make", above, error.value());
  const UniqueFd parent(::open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid()) return cannot("open", above, errno);
  return open_private_directory(parent.get(), place.filename().string(), path, danger, missing);
}

}  // namespace midimon
