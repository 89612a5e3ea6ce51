#include "trust/private_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "base/units.h"

namespace midimon::trust {
namespace {

constexpr mode_t kOthersWrite = 0022;
constexpr mode_t kOthersRead = 0044;

std::string parent_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

std::string name_of(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

Result<void> check_owner(const struct stat& status, const std::string& path) {
  if (status.st_uid != ::geteuid()) {
    return fail(ErrorCode::denied,
                fmt::format("{} belongs to another user (uid {}), so what it says cannot be "
                            "trusted. Move it away, or run midimon as that user.",
                            path, status.st_uid));
  }
  if ((status.st_mode & kOthersWrite) != 0) {
    return fail(ErrorCode::denied,
                fmt::format("{} has the mode {:04o}, so that others may write to it. If you trust "
                            "what it says, run: chmod go-w '{}'",
                            path, status.st_mode & 07777U, path));
  }
  return {};
}

// The size of a file that may be read.
Result<std::size_t> check_file(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return cannot("look at", path, errno);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::denied, fmt::format("{} is not a file. Move it away.", path));
  }
  if (status.st_nlink > 1) {
    return fail(ErrorCode::denied,
                fmt::format("{} has another name too (a hard link), under which it could be "
                            "changed. Copy it, and put the copy in its place.",
                            path));
  }
  if (auto checked = check_owner(status, path); !checked) return tl::unexpected(checked.error());
  return static_cast<std::size_t>(status.st_size);
}

Result<void> write_all(int fd, std::span<const unsigned char> bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot("write", path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  if (::fsync(fd) != 0) return cannot("write", path, errno);
  return {};
}

// Makes a file that was not there and fills it; what is left of it after an error is removed.
Result<void> make_file(int directory, const std::string& name, const std::string& path,
                       std::span<const unsigned char> bytes, mode_t mode) {
  const UniqueFd fd(::openat(directory, name.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return cannot("make", path, errno);
  Result<void> done = ::fchmod(fd.get(), mode) == 0 ? write_all(fd.get(), bytes, path)
                                                    : cannot("set the mode of", path, errno);
  if (!done) ::unlinkat(directory, name.c_str(), 0);
  return done;
}

Result<UniqueFd> open_parent(const std::string& path) {
  UniqueFd directory(::open(parent_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return cannot("open", parent_of(path), errno);
  return directory;
}

// Up to `bytes.size()` bytes, as many as there are.
Result<std::size_t> read_up_to(int fd, std::span<unsigned char> bytes, const std::string& path) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::read(fd, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot("read", path, errno);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

tl::unexpected<Error> too_large(const std::string& path, std::size_t max_bytes) {
  return fail(ErrorCode::limit, fmt::format("{} is larger than {}, which is the most that is read.",
                                            path, format_bytes(max_bytes)));
}

}  // namespace

tl::unexpected<Error> cannot(std::string_view what, const std::string& path, int error) {
  const ErrorCode code = error == ENOENT || error == ENOTDIR ? ErrorCode::not_found
                         : error == EACCES || error == EPERM ? ErrorCode::denied
                         : error == EEXIST                   ? ErrorCode::busy
                                                             : ErrorCode::io;
  const std::string reason = std::error_code(error, std::generic_category()).message();
  return fail(code, fmt::format("Cannot {} {}: {}.", what, path, reason));
}

Result<UniqueFd> open_private_directory(const std::string& path) {
  const std::string parent = parent_of(path);
  // What lies above is the user's and made in the ordinary way.
  std::error_code error;
  std::filesystem::create_directories(parent_of(parent), error);
  if (error) return cannot("make", parent_of(parent), error.value());
  const bool made = ::mkdir(parent.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return cannot("make", parent, errno);
  if (made && ::chmod(parent.c_str(), 0700) != 0) return cannot("set the mode of", parent, errno);
  auto directory = find_private_directory(path);
  if (directory && !directory->valid()) return cannot("open", parent, ENOENT);
  return directory;
}

Result<UniqueFd> find_private_directory(const std::string& path) {
  const std::string parent = parent_of(path);
  auto directory = open_parent(path);
  if (!directory) {
    if (directory.error().code == ErrorCode::not_found) return UniqueFd();
    return directory;
  }
  struct stat status {};
  if (::fstat(directory->get(), &status) != 0) return cannot("look at", parent, errno);
  if (auto checked = check_owner(status, parent); !checked) return tl::unexpected(checked.error());
  return directory;
}

Result<std::optional<std::string>> read_private_file(const UniqueFd& directory,
                                                     const std::string& path,
                                                     std::size_t max_bytes) {
  // NONBLOCK: a FIFO in its place must not hang us.
  const UniqueFd fd(::openat(directory.get(), name_of(path).c_str(),
                             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid() && errno == ENOENT) return std::optional<std::string>();
  if (!fd.valid() && errno == ELOOP) {
    return fail(ErrorCode::denied,
                fmt::format("{} is a symbolic link, which could lead anywhere. Put the file itself "
                            "in its place.",
                            path));
  }
  if (!fd.valid()) return cannot("read", path, errno);
  const auto expected = check_file(fd.get(), path);
  if (!expected) return tl::unexpected(expected.error());
  if (*expected > max_bytes) return too_large(path, max_bytes);
  std::string text(*expected + 1, '\0');
  const auto size =
      read_up_to(fd.get(), {reinterpret_cast<unsigned char*>(text.data()), text.size()}, path);
  if (!size) return tl::unexpected(size.error());
  if (*size > *expected) {
    return fail(ErrorCode::busy,
                fmt::format("{} is being written to. Wait until that has ended.", path));
  }
  text.resize(*size);
  return std::optional(std::move(text));
}

Result<void> replace_file(const std::string& path, std::span<const unsigned char> bytes,
                          mode_t mode) {
  const auto directory = open_parent(path);
  if (!directory) return tl::unexpected(directory.error());
  return replace_file(*directory, path, bytes, mode);
}

Result<void> replace_file(const UniqueFd& directory, const std::string& path,
                          std::span<const unsigned char> bytes, mode_t mode) {
  const std::string name = name_of(path);
  const std::string fresh = fmt::format(".{}.{:08x}", name, ::randombytes_random());
  if (auto made = make_file(directory.get(), fresh, path, bytes, mode); !made) return made;
  if (::renameat(directory.get(), fresh.c_str(), directory.get(), name.c_str()) != 0) {
    const int error = errno;
    ::unlinkat(directory.get(), fresh.c_str(), 0);
    return cannot("replace", path, error);
  }
  if (::fsync(directory.get()) != 0) return cannot("write", path, errno);
  return {};
}

Result<void> update_private_file(
    const std::string& path, std::size_t max_bytes,
    const std::function<Result<std::string>(const std::optional<std::string>&)>& change) {
  const auto directory = open_private_directory(path);
  if (!directory) return tl::unexpected(directory.error());
  // The directory is what is locked: the file itself is another one after each change.
  while (::flock(directory->get(), LOCK_EX) != 0) {
    if (errno != EINTR) return cannot("lock the directory of", path, errno);
  }
  struct Wiped {
    Result<std::optional<std::string>> before;
    Result<std::string> after;
    ~Wiped() {
      if (before && *before) wipe(**before);
      if (after) wipe(*after);
    }
  } texts{read_private_file(*directory, path, max_bytes), {}};
  const auto& before = texts.before;
  const auto& after = texts.after;
  if (!before) return tl::unexpected(before.error());
  texts.after = change(*before);
  if (!after) return tl::unexpected(after.error());
  if (*before == *after) return {};
  // What cannot be read again must not be written.
  if (after->size() > max_bytes) return too_large(path, max_bytes);
  return replace_file(*directory, path,
                      {reinterpret_cast<const unsigned char*>(after->data()), after->size()}, 0600);
}

Result<void> create_file(const std::string& path, std::span<const unsigned char> bytes,
                         mode_t mode) {
  const auto directory = open_parent(path);
  if (!directory) return tl::unexpected(directory.error());
  if (auto made = create_file(*directory, path, bytes, mode); !made) return made;
  if (::fsync(directory->get()) != 0) return cannot("write", path, errno);
  return {};
}

Result<void> create_file(const UniqueFd& directory, const std::string& path,
                         std::span<const unsigned char> bytes, mode_t mode) {
  return make_file(directory.get(), name_of(path), path, bytes, mode);
}

Result<SecretBytes> read_secret_file(const std::string& path, std::size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid()) return cannot("read", path, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return cannot("look at", path, errno);
  if (S_ISREG(status.st_mode) && (status.st_mode & kOthersRead) != 0) {
    return fail(
        ErrorCode::denied,
        fmt::format("{} has the mode {:04o}, so that others may read the secret in it. Run: "
                    "chmod 0600 '{}'",
                    path, status.st_mode & 07777U, path));
  }
  SecretBytes bytes(max_bytes + 1);
  const auto size = read_up_to(fd.get(), bytes.span(), path);
  if (!size) return tl::unexpected(size.error());
  if (*size > max_bytes) return too_large(path, max_bytes);
  bytes.shrink(*size);
  return bytes;
}

}  // namespace midimon::trust
