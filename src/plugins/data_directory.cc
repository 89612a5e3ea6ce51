#include "plugins/data_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/errno.h"

namespace midimon::plugins {
namespace {

constexpr mode_t kPrivate = 0700;
constexpr int kOpenFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

tl::unexpected<Error> cannot(const char* what, const std::string& path, int error) {
  const std::string reason = std::error_code(error, std::generic_category()).message();
  return fail(error == EACCES || error == EPERM ? ErrorCode::denied : ErrorCode::io,
              fmt::format("Cannot {} {}: {}.", what, path, reason));
}

Result<void> check_private(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return cannot("look at", path, errno);
  if (status.st_uid != ::geteuid()) {
    return fail(ErrorCode::denied,
                fmt::format("{} belongs to another user (uid {}), so what is in it cannot be "
                            "trusted. Move it away, or run midimon as that user.",
                            path, status.st_uid));
  }
  if ((status.st_mode & 07777U) != kPrivate) {
    return fail(ErrorCode::denied,
                fmt::format("{} has the mode {:04o}, which lets others in or the owner out. If you "
                            "trust what is in it, run: chmod 0700 '{}'",
                            path, status.st_mode & 07777U, path));
  }
  return {};
}

// Opens the directory `name` in `parent`, making it if it is not there; `path` is for messages.
Result<UniqueFd> open_private(int parent, const std::string& name, const std::string& path) {
  const bool made = ::mkdirat(parent, name.c_str(), kPrivate) == 0;
  if (!made && errno != EEXIST) return cannot("make", path, errno);
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
  if (Result<void> checked = check_private(fd.get(), path); !checked) {
    return tl::unexpected(checked.error());
  }
  return fd;
}

// Opens places.data. What lies above it is the user's (a home directory may be a link), so it is
// made in the ordinary way; the directory itself is ours.
Result<UniqueFd> open_data_root(const Places& places) {
  const std::filesystem::path path(places.data);
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) return cannot("make", path.parent_path().string(), error.value());
  const UniqueFd parent(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid()) return cannot("open", path.parent_path().string(), errno);
  return open_private(parent.get(), path.filename().string(), path.string());
}

// Opens `name`, a directory of ours in places.data.
Result<UniqueFd> open_in_data(const Places& places, const char* name) {
  Result<UniqueFd> root = open_data_root(places);
  if (!root) return root;
  return open_private(root->get(), name, places.data + "/" + name);
}

}  // namespace

Result<UniqueFd> open_plugin_data(const Places& places, const std::string& id) {
  Result<UniqueFd> all = open_in_data(places, "plugin-data");
  if (!all) return all;
  return open_private(all->get(), id, places.plugin_data(id));
}

Result<UniqueFd> open_shared(const Places& places) {
  return open_in_data(places, "shared");
}

Result<UniqueFd> open_locks(const Places& places) {
  return open_in_data(places, "locks");
}

}  // namespace midimon::plugins
