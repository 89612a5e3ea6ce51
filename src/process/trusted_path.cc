#include "process/trusted_path.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"

namespace midimon {
namespace {

constexpr int kMaxLinks = 40;  // the kernel's own bound
// Groups of the system's own are less than 1000; but "users" is of people, too.
constexpr gid_t kFirstGroupOfPeople = 1000;
constexpr gid_t kUsers = 100;

bool is_ours(const struct stat& info) {
  return info.st_uid == 0 || info.st_uid == ::geteuid();
}

bool its_group_may_write(const struct stat& info) {
  return (info.st_mode & S_IWGRP) != 0 && info.st_gid != ::getegid() &&
         (info.st_gid >= kFirstGroupOfPeople || info.st_gid == kUsers);
}

bool anybody_may_write(const struct stat& info) {
  return (info.st_mode & S_IWOTH) != 0;
}

bool others_may_write(const struct stat& info) {
  return anybody_may_write(info) || its_group_may_write(info);
}

// Goes a path component by component, holding every directory it is in, so that nobody can exchange
// one that was looked at. ".." is the directory it came through.
class Walk {
 public:
  explicit Walk(const std::string& path) : path_(path) { put_before(path); }

  Result<UniqueFd> go();

 private:
  struct Directory {
    UniqueFd fd;
    std::string path;
    bool is_shared;  // sticky, and others may put things there
  };

  void put_before(std::string_view path);
  Result<void> start();
  Result<std::optional<UniqueFd>> step(const std::string& name);
  Result<void> follow(const UniqueFd& link);
  Result<void> enter(UniqueFd fd, const struct stat& info, std::string path);
  [[nodiscard]] Result<void> judge_entry(const struct stat& info, const std::string& path) const;
  [[nodiscard]] Result<void> judge_writers(const struct stat& info, const std::string& path) const;
  [[nodiscard]] tl::unexpected<Error> refused(const std::string& why) const;
  [[nodiscard]] tl::unexpected<Error> cannot_open(int error) const;

  const std::string& path_;
  std::vector<std::string> rest_;  // components to go, the next one last
  std::vector<Directory> way_;     // from the root to where it is
  int links_ = 0;
};

tl::unexpected<Error> Walk::refused(const std::string& why) const {
  return fail(ErrorCode::denied, fmt::format("{} is not run: {}.", escape_line(path_), why));
}

tl::unexpected<Error> Walk::cannot_open(int error) const {
  return fail(error == ENOENT || error == ENOTDIR ? ErrorCode::not_found : ErrorCode::io,
              fmt::format("{} cannot be opened: {}.", escape_line(path_), std::strerror(error)));
}

void Walk::put_before(std::string_view path) {
  while (true) {
    const std::size_t slash = path.rfind('/');
    rest_.emplace_back(slash == std::string_view::npos ? path : path.substr(slash + 1));
    if (slash == std::string_view::npos) return;
    path = path.substr(0, slash);
  }
}

Result<void> Walk::judge_writers(const struct stat& info, const std::string& path) const {
  if (!others_may_write(info)) return {};
  const bool group = its_group_may_write(info);
  const bool anybody = anybody_may_write(info);
  return refused(fmt::format("{} may write to {}; chmod {}{}-w {} mends that",
                             anybody ? "anybody" : "its group", escape_line(path), group ? "g" : "",
                             anybody ? "o" : "", escape_line(path)));
}

// Something in the directory where it is.
Result<void> Walk::judge_entry(const struct stat& info, const std::string& path) const {
  const bool is_shared = way_.back().is_shared;
  // Who owns a link cannot change it; but in such a directory it is who made it.
  if (!is_ours(info) && (is_shared || !S_ISLNK(info.st_mode))) {
    return refused(
        fmt::format("{} belongs to another user; take a program that is yours or the "
                    "system's, and lies where nobody else can put one",
                    escape_line(path)));
  }
  if (is_shared && !S_ISDIR(info.st_mode) && info.st_nlink > 1) {
    return refused(
        fmt::format("{} has other names, so that anybody may have put it there; move "
                    "the program to a directory of your own",
                    escape_line(path)));
  }
  return {};
}

Result<void> Walk::enter(UniqueFd fd, const struct stat& info, std::string path) {
  const bool is_sticky = (info.st_mode & S_ISVTX) != 0;
  if (!is_sticky) {
    if (auto good = judge_writers(info, path); !good) return good;
  }
  way_.push_back({std::move(fd), std::move(path), others_may_write(info)});
  return {};
}

Result<void> Walk::start() {
  way_.clear();
  UniqueFd fd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) return cannot_open(errno);
  if (!is_ours(info)) return refused("/ belongs to another user");
  return enter(std::move(fd), info, "/");
}

Result<void> Walk::follow(const UniqueFd& link) {
  if (++links_ > kMaxLinks) return cannot_open(ELOOP);
  std::array<char, PATH_MAX> text{};
  const ssize_t size = ::readlinkat(link.get(), "", text.data(), text.size());
  if (size < 0) return cannot_open(errno);
  if (size == 0) return cannot_open(ENOENT);
  if (static_cast<std::size_t>(size) == text.size()) return cannot_open(ENAMETOOLONG);
  put_before({text.data(), static_cast<std::size_t>(size)});
  return text.front() == '/' ? start() : Result<void>();
}

// What it has come to, if that is no directory and no link.
Result<std::optional<UniqueFd>> Walk::step(const std::string& name) {
  const Directory& here = way_.back();
  if (name.empty() || name == ".") return std::nullopt;
  if (name == "..") {
    if (way_.size() > 1) way_.pop_back();
    return std::nullopt;
  }
  UniqueFd fd(::openat(here.fd.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) return cannot_open(errno);
  std::string path = (way_.size() > 1 ? here.path : "") + "/" + name;
  if (auto good = judge_entry(info, path); !good) return tl::unexpected(good.error());
  if (S_ISLNK(info.st_mode) || S_ISDIR(info.st_mode)) {
    const auto gone = S_ISLNK(info.st_mode) ? follow(fd) : enter(std::move(fd), info, path);
    if (!gone) return tl::unexpected(gone.error());
    return std::nullopt;
  }
  if (!rest_.empty()) return cannot_open(ENOTDIR);
  if (auto good = judge_writers(info, path); !good) return tl::unexpected(good.error());
  return fd;
}

Result<UniqueFd> Walk::go() {
  if (!path_.starts_with('/')) {
    return fail(ErrorCode::invalid,
                fmt::format("{} is no whole path; it begins with /.", escape_line(path_)));
  }
  if (auto begun = start(); !begun) return tl::unexpected(begun.error());
  while (!rest_.empty()) {
    const std::string name = std::move(rest_.back());
    rest_.pop_back();
    auto reached = step(name);
    if (!reached) return tl::unexpected(reached.error());
    if (*reached) return std::move(**reached);
  }
  return std::move(way_.back().fd);
}

}  // namespace

Result<UniqueFd> open_trusted(const std::string& path) {
  return Walk(path).go();
}

}  // namespace midimon
