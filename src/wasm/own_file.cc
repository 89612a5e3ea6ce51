#include "wasm/own_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace midimon::wasm {
namespace {

constexpr std::string_view kUnpublished = ".new-";

std::string_view flaw_of(const struct stat& status, mode_t forbidden) {
  if (!S_ISREG(status.st_mode)) return "it is not a file";
  if (status.st_uid != ::geteuid()) return "it belongs to another user";
  if (status.st_nlink > 1) return "it has another name too (a hard link)";
  if ((status.st_mode & forbidden) != 0) return "its mode lets others at it";
  return {};
}

int write_all(int fd, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return 0;
}

int fill(int fd, std::initializer_list<std::span<const std::uint8_t>> parts) {
  if (::fchmod(fd, 0600) != 0) return errno;
  for (const auto part : parts) {
    if (const int error = write_all(fd, part); error != 0) return error;
  }
  return 0;
}

}  // namespace

OwnFile open_own_file(int directory, const std::string& name, mode_t forbidden) {
  OwnFile file;
  // NONBLOCK: a FIFO in its place must not hang us.
  UniqueFd fd(
      ::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) {
    file.error = errno;
    if (file.error == ELOOP) file.flaw = "it is a symbolic link";
    if (file.error == ENXIO) file.flaw = "it is not a file";
    if (file.error == EACCES) file.flaw = "its mode keeps us out";
    return file;
  }
  file.flaw = flaw_of(status, forbidden);
  if (!file.flaw.empty()) return file;
  file.fd = std::move(fd);
  file.size = static_cast<std::uint64_t>(status.st_size);
  return file;
}

int publish_file(int directory, const std::string& name,
                 std::initializer_list<std::span<const std::uint8_t>> parts, IfThere if_there) {
  const std::string fresh =
      fmt::format("{}{:08x}{:08x}", kUnpublished, ::randombytes_random(), ::randombytes_random());
  const UniqueFd fd(::openat(directory, fresh.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return errno;
  int error = fill(fd.get(), parts);
  const unsigned flags = if_there == IfThere::fail ? RENAME_NOREPLACE : 0;
  if (error == 0 && ::renameat2(directory, fresh.c_str(), directory, name.c_str(), flags) != 0) {
    error = errno;
  }
  if (error != 0) ::unlinkat(directory, fresh.c_str(), 0);
  return error;
}

bool is_unpublished(std::string_view name) {
  return name.starts_with(kUnpublished);
}

}  // namespace midimon::wasm
