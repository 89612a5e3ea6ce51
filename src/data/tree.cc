#include "data/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "audit/escape.h"
#include "base/unique_fd.h"

namespace midimon::data {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;

tl::unexpected<Error> cannot(std::string_view what, std::string_view path, Errno why) {
  const bool refused = why == Errno::acces || why == Errno::perm;
  return fail(refused ? ErrorCode::denied : ErrorCode::io,
              fmt::format("Cannot {} \"{}\" ({}{}).", what, audit::shown_name(path), to_string(why),
                          why == Errno::perm ? ": another file system may be mounted there" : ""));
}

class Walk {
 public:
  Walk(const vfs::Resolver& resolver, const std::function<Result<void>(const Item&)>& visit)
      : resolver_(resolver), visit_(visit) {}

  // `path` is empty or ends in a slash.
  Result<void> level(int directory, const std::string& path, int depth) {
    const auto names = names_in(directory);
    if (!names) return cannot("list", path.empty() ? "." : path, names.error());
    for (const std::string& name : *names) {
      if (auto done = entry(directory, name, path + name, depth); !done) return done;
    }
    return {};
  }

 private:
  Result<void> entry(int directory, const std::string& name, const std::string& path, int depth) {
    struct stat info {};
    if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) {
      if (errno == ENOENT) return {};
      return cannot("look at", path, last_errno());
    }
    if (auto done = visit_({path, info, directory, name.c_str()}); !done) return done;
    if (!S_ISDIR(info.st_mode)) return {};
    if (depth == kMaxLevels) {
      return fail(ErrorCode::limit, fmt::format("\"{}\" is more than {} levels deep.",
                                                audit::shown_name(path), kMaxLevels));
    }
    const auto below = resolver_.open(directory, name.c_str(), kDirectoryFlags, 0);
    if (below) return level(below->get(), path + "/", depth + 1);
    const bool gone = below.error() == Errno::noent || below.error() == Errno::notdir ||
                      below.error() == Errno::loop;
    if (gone) return {};
    return cannot("open", path, below.error());
  }

  const vfs::Resolver& resolver_;
  const std::function<Result<void>(const Item&)>& visit_;
};

// Removes a tree without ever going deep: the directories in a directory are moved to the top
// first.
class Removal {
 public:
  Removal(const vfs::Resolver& resolver, int top) : resolver_(resolver), top_(top) {}

  Result<void> run() {
    // Its owner may have closed it against himself. Where this fails, what follows says so.
    (void)::fchmod(top_, 0700);
    while (true) {
      const auto names = names_in(top_);
      if (!names) return cannot("list", ".", names.error());
      if (names->empty()) return {};
      for (const std::string& name : *names) {
        if (auto done = remove(name); !done) return done;
      }
    }
  }

 private:
  Result<void> remove(const std::string& name) {
    if (::unlinkat(top_, name.c_str(), 0) == 0 || errno == ENOENT) return {};
    if (errno != EISDIR) return cannot("remove", name, last_errno());
    auto emptied = empty(name);
    if (!emptied) return emptied;
    if (::unlinkat(top_, name.c_str(), AT_REMOVEDIR) == 0) return {};
    return cannot("remove", name, last_errno());
  }

  Result<void> empty(const std::string& name) {
    const auto directory = resolver_.open(top_, name.c_str(), kDirectoryFlags, 0);
    if (!directory) return cannot("open", name, directory.error());
    (void)::fchmod(directory->get(), 0700);
    const auto names = names_in(directory->get());
    if (!names) return cannot("list", name, names.error());
    for (const std::string& inner : *names) {
      if (::unlinkat(directory->get(), inner.c_str(), 0) == 0 || errno == ENOENT) continue;
      if (errno != EISDIR) return cannot("remove", fmt::format("{}/{}", name, inner), last_errno());
      if (const Errno moved = move_to_top(directory->get(), inner); moved != Errno::success) {
        return cannot("remove", fmt::format("{}/{}", name, inner), moved);
      }
    }
    return {};
  }

  Errno move_to_top(int directory, const std::string& inner) {
    do {
      const std::string fresh = fmt::format("removed-{}", ++moved_);
      if (::renameat2(directory, inner.c_str(), top_, fresh.c_str(), RENAME_NOREPLACE) == 0) {
        return Errno::success;
      }
    } while (errno == EEXIST);
    return last_errno();
  }

  const vfs::Resolver& resolver_;
  int top_;
  std::uint64_t moved_ = 0;
};

}  // namespace

ErrnoOr<std::vector<std::string>> names_in(int directory) {
  // A description of its own: its position is nobody else's.
  UniqueFd own(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own.valid()) return err(last_errno());
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(own.get()), ::closedir);
  if (listing == nullptr) return err(last_errno());
  (void)own.release();
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(listing.get());
    if (entry == nullptr && errno != 0) return err(last_errno());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> walk(int root, const vfs::Resolver& resolver,
                  const std::function<Result<void>(const Item&)>& visit) {
  return Walk(resolver, visit).level(root, "", 1);
}

Result<void> remove_tree(int parent, const std::string& name, const vfs::Resolver& resolver) {
  const auto top = resolver.open(parent, name.c_str(), kDirectoryFlags, 0);
  if (!top && top.error() == Errno::noent) return {};
  const bool other = !top && (top.error() == Errno::notdir || top.error() == Errno::loop);
  if (other && ::unlinkat(parent, name.c_str(), 0) == 0) return {};
  if (!top) return cannot("open", name, top.error());
  if (auto emptied = Removal(resolver, top->get()).run(); !emptied) return emptied;
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0) return {};
  return cannot("remove", name, last_errno());
}

}  // namespace midimon::data
