#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

namespace practice_log {
namespace {

constexpr std::size_t kChunk = 4096;
constexpr mode_t kMode = 0600;

// A temporary file older than this was left behind by a call that was killed: calls are shorter.
constexpr time_t kLeftoverSeconds = 10;
// How many calls may be writing the same file at once (different hosts, or one with many threads).
constexpr int kMaxWriters = 8;

bool is_no_directory(int error) {
#ifdef ENOTCAPABLE
  if (error == ENOTCAPABLE) return true;
#endif
  return error == ENOENT;
}

std::string advice(int error) {
  if (is_no_directory(error)) {
    return "practice-log has no directory of its own. Grant it the capability \"filesystem\".";
  }
  switch (error) {
    case EDQUOT:
      return "the storage that practice-log may use is full. Remove /plugin.log.1 or /state.json.1 "
             "from its directory, or raise its storage limit.";
    case ENOSPC:
      return "the disk is full. Make room on it.";
    case EACCES:
    case EPERM:
    case EROFS:
      return "that is not permitted. Let practice-log write in its directory.";
    case EISDIR:
    case ENOTDIR:
      return "something of that name is a directory, or is not one where it should be. Move it "
             "away.";
    default:
      return std::string(strerror(error)) + ". Try again; if it stays, look at that file.";
  }
}

std::string cannot(std::string_view what, std::string_view path, int error) {
  return "Cannot " + std::string(what) + " " + std::string(path) + ": " + advice(error);
}

class File {
 public:
  File(const char* path, int flags) : fd_(open(path, flags | O_CLOEXEC, kMode)) {}
  // errno stays: it says why the file is given up.
  ~File() {
    const int error = errno;
    if (fd_ >= 0) ::close(fd_);
    errno = error;
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] bool opened() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }

  [[nodiscard]] bool write_all(std::string_view contents) {
    while (!contents.empty()) {
      const ssize_t written = ::write(fd_, contents.data(), contents.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        if (written == 0) errno = EIO;
        return false;
      }
      contents.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  // Closes and says whether that went well, which for a file that was written to matters.
  [[nodiscard]] bool close() {
    const int result = ::close(fd_);
    fd_ = -1;
    return result == 0;
  }

 private:
  int fd_;
};

bool is_leftover(const char* path) {
  struct stat status {};
  struct timespec now {};
  if (stat(path, &status) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0) return false;
  const time_t age = now.tv_sec - status.st_mtim.tv_sec;
  return age > kLeftoverSeconds || age < -kLeftoverSeconds;
}

// What the file is called while it is written; each writer takes the first free name.
std::string draft_name(const std::string& path, int writer) {
  std::string name = path + ".tmp";
  if (writer > 0) append_number(name += '.', writer);
  return name;
}

// The file as it is to be, under a name that no other call is writing to.
class Draft {
 public:
  enum class Result { ok, busy, failed };

  explicit Draft(const std::string& path) : path_(path) {}

  [[nodiscard]] const std::string& name() const { return name_; }

  // errno says why it failed.
  Result write(std::string_view contents, bool durable) {
    for (int writer = 0; writer < kMaxWriters; ++writer) {
      name_ = draft_name(path_, writer);
      const Result result = write_exclusively(contents, durable);
      if (result != Result::busy) return result;
      if (!is_leftover(name_.c_str()) || unlink(name_.c_str()) != 0) continue;
      const Result again = write_exclusively(contents, durable);
      if (again != Result::busy) return again;
    }
    return Result::busy;
  }

  // Gives its room back; errno stays.
  void remove() const {
    const int error = errno;
    unlink(name_.c_str());
    errno = error;
  }

 private:
  Result write_exclusively(std::string_view contents, bool durable) {
    File file(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL);
    if (!file.opened()) return errno == EEXIST ? Result::busy : Result::failed;
    if (file.write_all(contents) && (!durable || fsync(file.fd()) == 0) && file.close()) {
      return Result::ok;
    }
    remove();
    return Result::failed;
  }

  const std::string& path_;
  std::string name_;
};

}  // namespace

ReadStatus read_file(const char* path, std::size_t limit, std::string& contents,
                     std::string& problem) {
  contents.clear();
  const File file(path, O_RDONLY);
  if (!file.opened()) {
    if (errno == ENOENT) return ReadStatus::missing;
    problem = cannot("open", path, errno);
    return ReadStatus::failed;
  }
  while (contents.size() <= limit) {
    const std::size_t size = contents.size();
    contents.resize(size + kChunk);
    const ssize_t count = read(file.fd(), contents.data() + size, kChunk);
    contents.resize(size + (count > 0 ? static_cast<std::size_t>(count) : 0));
    if (count == 0) return ReadStatus::ok;
    if (count < 0 && errno != EINTR) {
      problem = cannot("read", path, errno);
      return ReadStatus::failed;
    }
  }
  return ReadStatus::too_large;
}

WriteStatus replace_file(const std::string& path, std::string_view contents, bool durable,
                         std::string& problem) {
  Draft draft(path);
  const Draft::Result result = draft.write(contents, durable);
  const int error = errno;
  if (result == Draft::Result::busy) {
    problem = "Cannot write " + path + ": too many calls are writing it at once. Try again.";
    return WriteStatus::failed;
  }
  if (result == Draft::Result::failed) {
    problem = cannot("write", draft.name(), error);
    return is_no_directory(error) ? WriteStatus::no_directory : WriteStatus::failed;
  }
  if (rename(draft.name().c_str(), path.c_str()) == 0) return WriteStatus::ok;
  draft.remove();
  problem = cannot("replace", path, errno);
  return WriteStatus::failed;
}

void remove_leftovers(const std::string& path) {
  for (int writer = 0; writer < kMaxWriters; ++writer) {
    const std::string name = draft_name(path, writer);
    if (is_leftover(name.c_str())) unlink(name.c_str());
  }
}

bool append_line(const std::string& path, std::string_view line, std::size_t limit,
                 std::string& problem) {
  constexpr int kAppend = O_WRONLY | O_CREAT | O_APPEND;
  const auto append = [&](File& file) {
    if (file.opened() && file.write_all(line) && file.close()) return true;
    problem = cannot("append to", path, errno);
    return false;
  };
  File file(path.c_str(), kAppend);
  struct stat status {};
  if (!file.opened() || fstat(file.fd(), &status) != 0 ||
      static_cast<std::uint64_t>(status.st_size) + line.size() <= limit) {
    return append(file);
  }
  if (!move_file(path.c_str(), (path + ".1").c_str(), problem)) return false;
  File fresh(path.c_str(), kAppend);
  return append(fresh);
}

bool move_file(const char* from, const char* to, std::string& problem) {
  if (rename(from, to) == 0) return true;
  problem = cannot("rename", std::string(from) + " to " + to, errno);
  return false;
}

bool make_directory(const char* path, std::string& problem) {
  if (mkdir(path, 0700) == 0 || errno == EEXIST) return true;
  problem = cannot("make", path, errno);
  return false;
}

bool exists(const char* path) {
  struct stat status {};
  return lstat(path, &status) == 0;
}

}  // namespace practice_log
