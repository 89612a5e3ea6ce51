// The kernel as the differential test's oracle: the same steps, carried out with plain system calls
// in a scratch directory. Nothing of midimon's is used to decide what they should answer.
//
// The rules of docs/wasi.md that POSIX does not have are applied before each call, in
// `refused_by_the_guest_rules` and `leaves`. Whether a path leads out is not decided by looking at
// its text: the directory above the open one is made impassable, and the kernel is asked to walk.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "vfs/operations.h"
#include "vfs/test_support.h"

namespace midimon::vfs {

// The AsNobody class makes root an ordinary user for this thread's file system calls while it
// lives, because root walks through closed directories. It does nothing for anybody else.
class AsNobody {
 public:
  AsNobody() {
    if (::geteuid() == 0) ::setfsuid(kNobody);
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody() {
    if (::geteuid() == 0) ::setfsuid(0);
  }
  static void give(const std::string& path) {
    if (::geteuid() == 0 && ::chown(path.c_str(), kNobody, static_cast<gid_t>(-1)) != 0) {
      ADD_FAILURE() << "chown " << path << ": " << std::strerror(errno);
    }
  }

 private:
  static constexpr uid_t kNobody = 65534;
};

// The Wall class lets nobody through the directory above `dirfd` while it lives.
class Wall {
 public:
  explicit Wall(int dirfd) : above_(::openat(dirfd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (::fchmod(above_.get(), 0) != 0) ADD_FAILURE() << "fchmod: " << std::strerror(errno);
  }
  Wall(const Wall&) = delete;
  Wall& operator=(const Wall&) = delete;
  ~Wall() { (void)::fchmod(above_.get(), 0700); }
  // Whether `fd` is the directory above itself.
  [[nodiscard]] bool is_at(int fd) const {
    struct stat above {};
    struct stat reached {};
    return ::fstat(above_.get(), &above) == 0 && ::fstat(fd, &reached) == 0 &&
           above.st_dev == reached.st_dev && above.st_ino == reached.st_ino;
  }

 private:
  UniqueFd above_;
};

class PosixWorld {
 public:
  PosixWorld() {
    for (const char* name : {"above", "above/root"}) {
      ::mkdir((scratch_ / name).c_str(), 0700);
      AsNobody::give(scratch_ / name);
    }
    ::chmod(scratch_.path().c_str(), 0711);
    const AsNobody nobody;
    directories_[0].reset(
        ::open((scratch_ / "above/root").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // What all the rest relies on.
    EXPECT_TRUE(leaves(0, "../x", false)) << "root without CAP_SETUID?";
    EXPECT_TRUE(leaves(0, "..", false));
    EXPECT_FALSE(leaves(0, ".", false));
  }

  // As those of the other worlds.
  std::string run(const Step& step) {
    const AsNobody nobody;
    if (const auto why = refused(step)) return *why;
    Step read = step;
    if (changes_names(step)) {
      read.path = without_dots(step.path);
      if (step.call != Call::symlink) read.second = without_dots(step.second);
    }
    return carry_out(read);
  }
  std::string dump() {
    const AsNobody nobody;
    return dump(directories_[0].get(), "");
  }

 private:
  [[nodiscard]] int dir(std::size_t slot) const {
    return directories_[slot].valid() ? directories_[slot].get() : directories_[0].get();
  }

  // --- The rules that are not POSIX's ------------------------------------------------------------

  static std::optional<std::string> refused_by_the_guest_rules(std::string_view path);
  static bool changes_names(const Step& step);
  static std::string without_dots(std::string path);
  [[nodiscard]] bool leaves(std::size_t slot, const std::string& path, bool follow) const;
  [[nodiscard]] bool walks(const Step& step) const;
  [[nodiscard]] std::optional<std::string> refused(const Step& step) const;
  static std::string without_slashes(std::string path) {
    while (path.ends_with('/') || path.ends_with("/."))
      path.pop_back();
    return path;
  }

  // --- System calls ------------------------------------------------------------------------------

  std::string carry_out(const Step& step);
  std::string open(const Step& step);
  std::string set_times(const Step& step) const;
  [[nodiscard]] std::string read_link(int dirfd, const char* path) const;
  std::string on_file(const Step& step);
  std::string transfer(int fd, const Step& step);
  static std::vector<std::string> names_in(int dirfd);
  static std::string told(int done, const struct stat& info);
  static std::string told(int fd);
  std::string dump(int dirfd, const std::string& prefix);

  // The kernel's word for `done` of a system call: "success", or errno's name as "noent".
  static std::string word(long done) {
    if (done >= 0) return "success";
    std::string name = ::strerrorname_np(errno) + 1;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return name;
  }

  TempDir scratch_;
  std::array<UniqueFd, kSlots> directories_;  // the first is the root and stays
  std::array<UniqueFd, kSlots> files_;
};

// docs/wasi.md, "Paths", as far as the generator goes.
inline std::optional<std::string> PosixWorld::refused_by_the_guest_rules(std::string_view path) {
  if (path.empty()) return "noent";
  if (path.starts_with('/')) return "perm";
  if (path.find('\xFF') != std::string_view::npos) return "ilseq";
  if (path.find(std::string(256, 'n')) != std::string_view::npos) return "nametoolong";
  return std::nullopt;
}

inline bool PosixWorld::changes_names(const Step& step) {
  return (step.call >= Call::mkdir && step.call <= Call::symlink) ||
         (step.call == Call::open && step.options.create);
}

// "x/." is "x/" to midimon, a name that has to be a directory, also where a name is changed. POSIX
// refuses to make, remove or rename "x/.".
inline std::string PosixWorld::without_dots(std::string path) {
  const std::string name = without_slashes(path);
  return name.size() == path.size() ? path : name + "/";
}

// Whether the way to `path` leads through the directory above the open one, or ends in it.
inline bool PosixWorld::leaves(std::size_t slot, const std::string& path, bool follow) const {
  const Wall wall(dir(slot));
  const UniqueFd end(
      ::openat(dir(slot), path.c_str(), O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)));
  return end.valid() ? wall.is_at(end.get()) : errno == EACCES;
}

// Whether a rule that is not POSIX's refuses `step`, and with what.
inline std::optional<std::string> PosixWorld::refused(const Step& step) const {
  const bool on_file = step.call >= Call::write;
  const bool two_paths = step.call == Call::rename || step.call == Call::link;
  if (on_file || step.call == Call::list) return std::nullopt;
  if (const auto why = refused_by_the_guest_rules(step.path)) return why;
  if (two_paths) {
    if (const auto why = refused_by_the_guest_rules(step.second)) return why;
  }
  // A target may hold too long a name.
  if (step.call == Call::symlink) {
    const auto why = refused_by_the_guest_rules(step.second);
    if (why && *why != "nametoolong") return why;
  }
  const OpenOptions& o = step.options;
  if (step.call == Call::open && o.directory && (o.create || o.truncate)) return "inval";

  const bool can_follow =
      step.call == Call::open || step.call == Call::stat || step.call == Call::set_times;
  const bool looks_only = can_follow || step.call == Call::read_link || step.call == Call::link;
  const bool follow = can_follow && o.follow && !(step.call == Call::open && o.exclusive);
  // A name that is changed is not followed, not even for a slash after it.
  const std::string path = looks_only ? step.path : without_slashes(step.path);
  if (leaves(step.slot, path, follow)) return "perm";
  // The kernel comes to the second path only if it can walk the first: all of what is linked, and
  // the way to what is renamed.
  if (two_paths && walks(step) && leaves(step.other, without_slashes(step.second), false)) {
    return "perm";
  }
  return std::nullopt;
}

inline bool PosixWorld::walks(const Step& step) const {
  std::string first = step.path;
  if (step.call == Call::rename) {
    first = without_slashes(first);
    const std::size_t slash = first.rfind('/');
    first = slash == std::string::npos ? "." : first.substr(0, slash + 1);
  }
  const UniqueFd end(::openat(dir(step.slot), first.c_str(), O_PATH | O_CLOEXEC | O_NOFOLLOW));
  return end.valid();
}

inline std::string PosixWorld::carry_out(const Step& step) {
  const int at = dir(step.slot);
  const char* const path = step.path.c_str();
  const char* const second = step.second.c_str();
  switch (step.call) {
    case Call::open:
      return open(step);
    case Call::stat: {
      struct stat info {};
      return told(::fstatat(at, path, &info, step.options.follow ? 0 : AT_SYMLINK_NOFOLLOW), info);
    }
    case Call::mkdir:
      return word(::mkdirat(at, path, 0700));
    case Call::rmdir:
      return word(::unlinkat(at, path, AT_REMOVEDIR));
    case Call::unlink:
      return word(::unlinkat(at, path, 0));
    case Call::rename:
      return word(::renameat(at, path, dir(step.other), second));
    case Call::link:
      return word(::linkat(at, path, dir(step.other), second, 0));
    case Call::symlink:
      return word(::symlinkat(second, at, path));
    case Call::read_link:
      return read_link(at, path);
    case Call::set_times:
      return set_times(step);
    case Call::list: {
      std::string all;
      for (const std::string& entry : names_in(at))
        all += entry + " ";
      return all;
    }
    default:
      return on_file(step);
  }
}

inline std::string PosixWorld::open(const Step& step) {
  const OpenOptions& o = step.options;
  int flags = O_CLOEXEC | (o.write ? (o.read ? O_RDWR : O_WRONLY) : O_RDONLY);
  flags |= (o.create ? O_CREAT : 0) | (o.exclusive ? O_EXCL : 0) | (o.truncate ? O_TRUNC : 0);
  flags |= (o.directory ? O_DIRECTORY : 0) | (o.follow ? 0 : O_NOFOLLOW);
  UniqueFd fd(::openat(dir(step.slot), step.path.c_str(), flags, 0600));
  if (!fd.valid()) return word(-1);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return word(-1);
  if (S_ISDIR(info.st_mode)) {
    if (step.other != 0) directories_[step.other] = std::move(fd);
    return "directory";
  }
  files_[step.other] = std::move(fd);
  return "file " + told(files_[step.other].get());
}

inline std::string PosixWorld::set_times(const Step& step) const {
  const int at = dir(step.slot);
  const int flags = step.options.follow ? 0 : AT_SYMLINK_NOFOLLOW;
  const std::array<timespec, 2> times = {timespec{0, UTIME_OMIT},
                                         timespec{0, static_cast<long>(step.number)}};
  const int set = ::utimensat(at, step.path.c_str(), times.data(), flags);
  std::string answer = word(set);
  struct stat info {};
  const bool kept = ::fstatat(at, step.path.c_str(), &info, flags) == 0 &&
                    info.st_mtim.tv_sec == 0 && info.st_mtim.tv_nsec == times[1].tv_nsec;
  return set == 0 && !kept ? answer + " but not set" : answer;
}

inline std::string PosixWorld::read_link(int dirfd, const char* path) const {
  std::array<char, 4096> target{};
  const ssize_t size = ::readlinkat(dirfd, path, target.data(), target.size());
  if (size < 0) return word(-1);
  return "-> " + std::string(target.data(), static_cast<std::size_t>(size));
}

inline std::string PosixWorld::on_file(const Step& step) {
  if (!files_[step.slot].valid()) return "no file";
  const int fd = files_[step.slot].get();
  const auto number = static_cast<off_t>(step.number);
  switch (step.call) {
    case Call::set_size: {
      const std::string done = word(::ftruncate(fd, number));
      return done + " " + told(fd);
    }
    case Call::allocate: {
      const std::string done = word(::fallocate(fd, 0, number, number % 64));
      return done + " " + told(fd);
    }
    case Call::close:
      files_[step.slot].reset();
      return "closed";
    default:
      return transfer(fd, step);
  }
}

inline std::string PosixWorld::transfer(int fd, const Step& step) {
  const auto number = static_cast<off_t>(step.number);
  std::string text = text_of(step);
  ssize_t moved = 0;
  if (step.call == Call::read) {
    std::string got(step.number % 100, '\0');
    moved = ::pread(fd, got.data(), got.size(), number / 2);
    if (moved >= 0) return "read " + got.substr(0, static_cast<std::size_t>(moved));
  } else if (step.call == Call::write) {
    moved = ::pwrite(fd, text.data(), text.size(), number);
  } else {
    text += "+";
    ::lseek(fd, 0, SEEK_END);
    moved = ::write(fd, text.data(), text.size());
  }
  return moved < 0 ? word(-1) : std::to_string(moved);
}

inline std::vector<std::string> PosixWorld::names_in(int dirfd) {
  DIR* const stream = ::fdopendir(::openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (stream == nullptr) return {"(cannot be listed)"};
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* const entry = ::readdir(stream)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
    errno = 0;
  }
  if (errno != 0) names = {"(listing failed)"};
  ::closedir(stream);
  std::sort(names.begin(), names.end());
  return names;
}

inline std::string PosixWorld::told(int done, const struct stat& info) {
  if (done != 0) return word(done);
  if (S_ISDIR(info.st_mode)) return "type 3";
  return fmt::format("type {} size {} links {}", S_ISLNK(info.st_mode) ? 7 : 4, info.st_size,
                     info.st_nlink);
}

inline std::string PosixWorld::told(int fd) {
  struct stat info {};
  const int done = ::fstat(fd, &info);
  return told(done, info);
}

inline std::string PosixWorld::dump(int dirfd, const std::string& prefix) {
  std::string all;
  for (const std::string& name : names_in(dirfd)) {
    struct stat info {};
    const int done = ::fstatat(dirfd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW);
    all += prefix + name + " " + told(done, info);
    const UniqueFd fd(::openat(dirfd, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (S_ISREG(info.st_mode)) {
      std::string text(4096, '\0');
      const ssize_t got = ::pread(fd.get(), text.data(), text.size(), 0);
      text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
      all += " \"" + text + "\"";
    }
    if (S_ISLNK(info.st_mode)) all += " " + read_link(dirfd, name.c_str());
    all += "\n";
    if (S_ISDIR(info.st_mode)) all += dump(fd.get(), prefix + name + "/");
  }
  return all;
}

}  // namespace midimon::vfs
