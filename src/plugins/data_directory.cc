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
  const ErrorCode code = error == EACCES || error == EPERM ? ErrorCode::denied
                         : error == ENOENT                 ? ErrorCode::not_found
                                                           : ErrorCode::io;
  return fail(code, fmt::format("Cannot {} {}: {}.", what, path, reason));
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

// What is not there is no error, and no descriptor.
Result<UniqueFd> or_invalid(Result<UniqueFd> found) {
  if (!found && found.error().code == ErrorCode::not_found) return UniqueFd();
  return found;
}

}  // namespace

Result<UniqueFd> open_private(int parent, const std::string& name, const std::string& path,
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
  if (Result<void> checked = check_private(fd.get(), path); !checked) {
    return tl::unexpected(checked.error());
  }
  return fd;
}

Result<UniqueFd> find_private(int parent, const std::string& name, const std::string& path) {
  return or_invalid(open_private(parent, name, path, Missing::refuse));
}

// What lies above places.data is the user's (a home directory may be a link), so it is made in the
// ordinary way; the directory itself is ours.
Result<UniqueFd> open_data_root(const Places& places, Missing missing) {
  const std::filesystem::path path(places.data);
  std::error_code error;
  if (missing == Missing::make) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return cannot("make", path.parent_path().string(), error.value());
  const UniqueFd parent(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid()) return cannot("open", path.parent_path().string(), errno);
  return open_private(parent.get(), path.filename().string(), path.string(), missing);
}

namespace {

// Opens `name`, a directory of ours in places.data.
Result<UniqueFd> open_in_data(const Places& places, const char* name, Missing missing) {
  Result<UniqueFd> root = open_data_root(places, missing);
  if (!root) return root;
  return open_private(root->get(), name, places.data + "/" + name, missing);
}

}  // namespace

Result<UniqueFd> open_all_plugin_data(const Places& places, Missing missing) {
  return open_in_data(places, "plugin-data", missing);
}

Result<UniqueFd> open_plugin_data(const Places& places, const std::string& id, Missing missing) {
  Result<UniqueFd> all = open_all_plugin_data(places, missing);
  if (!all) return all;
  return open_private(all->get(), id, places.plugin_data(id), missing);
}

Result<UniqueFd> open_shared(const Places& places, Missing missing) {
  return open_in_data(places, "shared", missing);
}

Result<UniqueFd> open_installed(const Places& places) {
  return open_in_data(places, "plugins", Missing::make);
}

Result<UniqueFd> find_installed(const Places& places) {
  return or_invalid(open_in_data(places, "plugins", Missing::refuse));
}

Result<UniqueFd> open_locks(const Places& places) {
  return open_in_data(places, "locks", Missing::make);
}

}  // namespace midimon::plugins
