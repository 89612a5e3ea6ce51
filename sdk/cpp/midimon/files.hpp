// Whole files in the plugin's directory and those that were mounted, read and replaced. Needs the
// capability "filesystem"; open, read and the rest of POSIX work as well.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "result.hpp"

namespace midimon {
namespace detail {

inline Result<> file_error(std::string_view what, const std::string& path, int error) {
  const Answer answer = error == ENOENT                           ? Answer::not_found
                        : error == EACCES || error == ENOTCAPABLE ? Answer::not_granted
                                                                  : Answer::failed;
  return {answer, "Cannot " + std::string(what) + " " + path + ": " + strerror(error) + "."};
}

// False if not all was written; errno says why. Closes the file.
inline bool write_and_close(int file, std::string_view contents, bool durable) {
  bool good = true;
  while (good && !contents.empty()) {
    const ssize_t count = ::write(file, contents.data(), contents.size());
    if (count > 0) contents.remove_prefix(static_cast<std::size_t>(count));
    if (count == 0) errno = EIO;
    good = count > 0 || (count < 0 && errno == EINTR);
  }
  good = good && (!durable || ::fsync(file) == 0);
  const int error = errno;
  const bool closed = ::close(file) == 0;
  if (!good) errno = error;
  return good && closed;
}

}  // namespace detail

// A file of at most `limit` bytes; not_found if there is none.
inline Result<std::string> read_file(const std::string& path,
                                     std::size_t limit = std::size_t{1} << 20) {
  const int file = ::open(path.c_str(), O_RDONLY);
  if (file < 0) {
    return Result<std::string>::from(detail::file_error("open", path, errno));
  }
  std::string contents;
  for (;;) {
    const std::size_t size = contents.size();
    contents.resize(size + 4096);
    const ssize_t count = ::read(file, contents.data() + size, 4096);
    const int error = errno;
    contents.resize(size + (count > 0 ? static_cast<std::size_t>(count) : 0));
    const bool too_large = contents.size() > limit;
    if (count > 0 && !too_large) continue;
    if (count < 0 && error == EINTR) continue;
    ::close(file);
    if (too_large) return {Answer::too_large, path + " is larger than the plugin reads."};
    if (count < 0) return Result<std::string>::from(detail::file_error("read", path, error));
    return contents;
  }
}

// Puts `contents` into PATH.tmp and renames it over PATH, so that PATH is the old file or the new
// one, whatever happens. With `durable` a power failure changes nothing of that, and it takes a
// disk's time. Of calls that write the same path at once, the last one stands.
inline Result<> write_file(const std::string& path, std::string_view contents,
                           bool durable = false) {
  const std::string draft = path + ".tmp";
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0) return detail::file_error("write", draft, errno);
  if (detail::write_and_close(file, contents, durable) &&
      ::rename(draft.c_str(), path.c_str()) == 0) {
    return {};
  }
  const int error = errno;
  ::unlink(draft.c_str());
  return detail::file_error("write", path, error);
}

// Adds to the end of a file, which is made if there is none.
inline Result<> append_file(const std::string& path, std::string_view contents) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (file >= 0 && detail::write_and_close(file, contents, false)) return {};
  return detail::file_error("append to", path, errno);
}

inline Result<> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return {};
  return detail::file_error("remove", path, errno);
}

// One that is there already is as good.
inline Result<> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return detail::file_error("make", path, errno);
}

}  // namespace midimon
