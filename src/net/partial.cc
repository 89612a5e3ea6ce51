#include "net/partial.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/path_error.h"
#include "base/private_directory.h"
#include "base/read_fd.h"
#include "net/url.h"

namespace midimon::net {
namespace {

constexpr std::string_view kFormat = "midimon download 1";
constexpr std::string_view kSuffix = ".part";
constexpr std::size_t kMaxValidator = 1024;
constexpr std::size_t kMaxStart = kMaxUrlBytes + kMaxValidator + 64;
constexpr std::time_t kKeptSeconds = 7L * 24 * 60 * 60;

// FNV-1a: any file name would do, since the file says which URL it is of.
std::string name_for(std::string_view url) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : url) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  return fmt::format("{:016x}{}", hash, kSuffix);
}

Result<UniqueFd> open_directory(const std::string& path) {
  const std::filesystem::path above = std::filesystem::path(path).parent_path();
  std::error_code error;
  std::filesystem::create_directories(above, error);
  if (error) return cannot("make", above.string(), error.value());
  return open_private_directory(AT_FDCWD, path, path, "so what is in it cannot be trusted",
                                Missing::make);
}

// What was left is nobody's any more. One that is being fetched was written to just now.
void sweep(int directory) {
  const int copy = ::fcntl(directory, F_DUPFD_CLOEXEC, 0);
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(copy), &::closedir);
  if (!listing) {
    ::close(copy);
    return;
  }
  const std::time_t now = std::time(nullptr);
  while (const dirent* entry = ::readdir(listing.get())) {
    struct stat status {};
    if (std::string_view(entry->d_name).ends_with(kSuffix) &&
        ::fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        now - status.st_mtime > kKeptSeconds) {
      ::unlinkat(directory, entry->d_name, 0);
    }
  }
}

enum class Locked { yes, gone };

// Whether the file is ours alone, and whether it still is in the directory.
Result<Locked> lock(int file, const std::string& path, const std::string& url) {
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return cannot("lock", path, errno);
    return fail(ErrorCode::busy,
                fmt::format("Another midimon is fetching {}. Wait until it has ended.", url));
  }
  struct stat status {};
  if (::fstat(file, &status) != 0) return cannot("look at", path, errno);
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() || status.st_nlink > 1) {
    return fail(ErrorCode::denied,
                fmt::format("{} is not a file of midimon's own. Remove it.", path));
  }
  if (::fchmod(file, 0600) != 0) return cannot("set the mode of", path, errno);  // umask or not
  return status.st_nlink == 0 ? Locked::gone : Locked::yes;
}

Result<void> write_all(int file, std::string_view bytes, std::uint64_t at,
                       const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
    at += static_cast<std::uint64_t>(count);
  }
  return {};
}

// Takes the first line off `text`; nothing if it has no end.
bool take_line(std::string_view& text, std::string_view& line) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return false;
  line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return true;
}

}  // namespace

Result<Partial> Partial::open(const std::string& directory, const std::string& url) {
  auto opened = open_directory(directory);
  if (!opened) return tl::unexpected(opened.error());
  sweep(opened->get());
  const std::string name = name_for(url);
  const std::string path = directory + "/" + name;
  // Whoever had it before may be done with it between our opening and locking it.
  for (;;) {
    // NONBLOCK: a FIFO in its place must not hang us.
    UniqueFd file(::openat(opened->get(), name.c_str(),
                           O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                           0600));
    if (!file.valid()) return cannot("open", path, errno);
    const auto locked = lock(file.get(), path, url);
    if (!locked) return tl::unexpected(locked.error());
    if (*locked == Locked::gone) continue;
    Partial partial(std::move(*opened), std::move(file), name, path, url);
    if (auto read = partial.read_start(); !read) return tl::unexpected(read.error());
    return partial;
  }
}

// What cannot be read as ours, or is of another URL, is as good as nothing.
Result<void> Partial::read_start() {
  std::string text(kMaxStart, '\0');
  const ssize_t count = ::pread(file_.get(), text.data(), text.size(), 0);
  if (count < 0) return cannot("read", path_, errno);
  std::string_view rest(text.data(), static_cast<std::size_t>(count));
  std::string_view format;
  std::string_view url;
  std::string_view validator;
  if (!take_line(rest, format) || !take_line(rest, url) || !take_line(rest, validator) ||
      format != kFormat || url != url_ || validator.empty()) {
    return {};
  }
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) return cannot("look at", path_, errno);
  start_ = static_cast<std::uint64_t>(count) - rest.size();
  size_ = static_cast<std::uint64_t>(status.st_size) - start_;
  validator_ = validator;
  return {};
}

Result<void> Partial::restart(const std::string& validator) {
  const bool fits = validator.size() <= kMaxValidator && validator.find('\n') == std::string::npos;
  validator_ = fits ? validator : "";
  size_ = 0;
  const std::string start = fmt::format("{}\n{}\n{}\n", kFormat, url_, validator_);
  start_ = start.size();
  if (::ftruncate(file_.get(), 0) != 0) return cannot("write", path_, errno);
  return write_all(file_.get(), start, 0, path_);
}

Result<void> Partial::append(std::string_view bytes) {
  if (auto written = write_all(file_.get(), bytes, start_ + size_, path_); !written) {
    return written;
  }
  size_ += bytes.size();
  return {};
}

Result<std::string> Partial::take() {
  if (::lseek(file_.get(), static_cast<off_t>(start_), SEEK_SET) < 0) {
    return cannot("read", path_, errno);
  }
  auto bytes = read_to_end(file_.get(), size_);
  if (!bytes) return cannot("read", path_, errno);
  discard();
  if (bytes->size() != size_) {
    return fail(ErrorCode::io,
                fmt::format("{} was changed while it was written. Run the command again.", path_));
  }
  return std::move(*bytes);
}

void Partial::discard() {
  ::unlinkat(directory_.get(), name_.c_str(), 0);
}

}  // namespace midimon::net
