#include "package/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "base/read_fd.h"
#include "base/unique_fd.h"
#include "base/units.h"

namespace midimon::package {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

tl::unexpected<Error> cannot_read(const std::string& path, int error) {
  return fail(error == ENOENT ? ErrorCode::not_found : ErrorCode::io,
              fmt::format("Cannot read {}: {}.", path,
                          std::error_code(error, std::generic_category()).message()));
}

class Walker {
 public:
  explicit Walker(std::string root) : root_(std::move(root)) {}

  // All below the open directory `fd`, whose name below the root is `prefix`.
  Result<void> walk(UniqueFd fd, const std::string& prefix);
  std::vector<File> take() { return std::move(files_); }

 private:
  Result<void> take_entry(int directory, const std::string& entry, const std::string& name);
  Result<void> take_file(int fd, const std::string& name);

  std::string root_;
  std::vector<File> files_;
  std::uint64_t room_ = kMaxTotalBytes;
};

Result<void> Walker::walk(UniqueFd fd, const std::string& prefix) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(fd.get()));
  if (directory == nullptr) return cannot_read(root_ + "/" + prefix, errno);
  const int own = fd.release();
  while (true) {
    errno = 0;
    const struct dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (auto taken = take_entry(own, name, prefix + name); !taken) return taken;
  }
  if (errno != 0) return cannot_read(root_ + "/" + prefix, errno);
  return {};
}

Result<void> Walker::take_entry(int directory, const std::string& entry, const std::string& name) {
  if (auto checked = check_name(name); !checked) return checked;
  // NONBLOCK: a FIFO must not hang us.
  UniqueFd fd(::openat(directory, entry.c_str(),
                       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid() && errno != ELOOP) return cannot_read(root_ + "/" + name, errno);
  struct stat status {};
  const bool known = fd.valid() && ::fstat(fd.get(), &status) == 0;
  if (known && S_ISDIR(status.st_mode)) return walk(std::move(fd), name + "/");
  if (known && S_ISREG(status.st_mode)) return take_file(fd.get(), name);
  return fail(ErrorCode::invalid,
              fmt::format("{}/{} is neither a file nor a directory. Put a file in its place, or "
                          "take it out.",
                          root_, name));
}

Result<void> Walker::take_file(int fd, const std::string& name) {
  if (files_.size() == kMaxFiles) {
    return fail(
        ErrorCode::limit,
        fmt::format("{} holds more than {} files, the most that a package may.", root_, kMaxFiles));
  }
  auto bytes = read_to_end(fd, room_);
  if (!bytes) return cannot_read(root_ + "/" + name, errno);
  if (bytes->size() > room_) {
    return fail(ErrorCode::limit, fmt::format("{} holds more than {}, the most that a package may.",
                                              root_, format_bytes(kMaxTotalBytes)));
  }
  room_ -= bytes->size();
  files_.push_back({name, std::move(*bytes)});
  return {};
}

}  // namespace

Result<Package> read_directory(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return cannot_read(path, errno);
  Walker walker(path);
  if (auto walked = walker.walk(std::move(fd), ""); !walked) {
    return tl::unexpected(walked.error());
  }
  return Package::make(walker.take());
}

}  // namespace midimon::package
