#include "vfs/mount_table.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>

#include "vfs/lock_holder.h"
#include "vfs/read_only.h"

namespace midimon::vfs {
namespace {

constexpr std::string_view kReadOnlySuffix = ":ro";
constexpr std::size_t kMaxDepth = 4096;  // of the host's directories: PATH_MAX has room for fewer

// "dir/" and "dir/." would be opened through a link that `dir` is.
std::string without_trailing_dots(std::string path) {
  while (path.size() > 1 && (path.ends_with('/') || path.ends_with("/.")))
    path.pop_back();
  return path;
}

Result<void> refuse_link(const std::string& host) {
  struct stat info {};
  if (::lstat(host.c_str(), &info) != 0 || !S_ISLNK(info.st_mode)) return {};
  std::array<char, PATH_MAX> resolved{};
  if (::realpath(host.c_str(), resolved.data()) == nullptr) {
    return fail(
        ErrorCode::denied,
        fmt::format("\"{}\" is a symbolic link that leads nowhere; name a directory", host));
  }
  return fail(ErrorCode::denied,
              fmt::format("\"{}\" is a symbolic link; to mount what it leads to, write \"{}\"",
                          host, resolved.data()));
}

Error explain_open(const std::string& host, int error) {
  switch (error) {
    case ENOENT:
      return {ErrorCode::not_found,
              fmt::format("the directory \"{0}\" does not exist; create it first: mkdir -p '{0}'",
                          host)};
    case ENOTDIR:
    case ELOOP:
      return {ErrorCode::invalid,
              fmt::format("\"{}\" is not a directory; mount the directory it is in", host)};
    case EACCES:
      return {ErrorCode::denied, fmt::format("the directory \"{}\" may not be opened; its owner "
                                             "must allow reading and searching it",
                                             host)};
    default:
      return {ErrorCode::io, fmt::format("the directory \"{}\" cannot be opened ({})", host,
                                         to_string(errno_from_posix(error)))};
  }
}

Result<UniqueFd> open_host(const std::string& host) {
  if (host.empty()) {
    return fail(ErrorCode::invalid, "the host directory is empty; write HOST::GUEST");
  }
  const Result<void> is_link = refuse_link(host);
  if (!is_link) return tl::unexpected(is_link.error());
  UniqueFd fd(::open(host.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) return tl::unexpected(explain_open(host, errno));
  return fd;
}

// By descriptor and not by name, so that no link or bind mount on the way hides an overlap. Where
// the way up is barred the chain ends early.
std::vector<std::pair<dev_t, ino_t>> chain_above(int dirfd) {
  std::vector<std::pair<dev_t, ino_t>> chain;
  UniqueFd above;
  for (int at = dirfd; chain.size() < kMaxDepth; at = above.get()) {
    struct stat info {};
    if (::fstat(at, &info) != 0) break;
    const std::pair<dev_t, ino_t> id(info.st_dev, info.st_ino);
    if (!chain.empty() && chain.back() == id) break;  // "/.." is "/"
    chain.push_back(id);
    UniqueFd next(::openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!next.valid()) break;
    above = std::move(next);
  }
  return chain;
}

const char* rights(bool read_only) {
  return read_only ? "read-only" : "writable";
}

}  // namespace

Result<MountRequest> parse_mount(std::string_view text) {
  const std::size_t colons = text.find("::");
  if (colons == std::string_view::npos) {
    return fail(ErrorCode::invalid,
                fmt::format("\"{0}\" does not say where the guest sees the directory; write "
                            "HOST::GUEST or HOST::GUEST:ro, as in \"{0}::/\"",
                            text));
  }
  MountRequest request;
  request.host = text.substr(0, colons);
  std::string_view guest = text.substr(colons + 2);
  request.read_only = guest.ends_with(kReadOnlySuffix);
  if (request.read_only) guest.remove_suffix(kReadOnlySuffix.size());
  if (request.host.empty()) {
    return fail(ErrorCode::invalid,
                fmt::format("\"{}\" names no host directory before \"::\"", text));
  }
  if (guest.find(':') != std::string_view::npos) {
    return fail(ErrorCode::invalid,
                fmt::format("\"{}\": the guest path \"{}\" holds a \":\"; after it only \":ro\" is "
                            "understood",
                            text, guest));
  }
  request.guest = guest;
  return request;
}

const MountRequest* find_mount_over(const std::vector<MountRequest>& requests, int directory) {
  const auto chain = chain_above(directory);
  for (const MountRequest& request : requests) {
    struct stat info {};
    if (::stat(request.host.c_str(), &info) != 0) continue;
    const std::pair<dev_t, ino_t> id(info.st_dev, info.st_ino);
    if (std::find(chain.begin(), chain.end(), id) != chain.end()) return &request;
  }
  return nullptr;
}

Result<std::string> MountTable::check_guest(std::string_view guest) const {
  if (guest.empty()) {
    return fail(ErrorCode::invalid, "the guest path is empty; write \"/\" for the guest's root");
  }
  if (guest.front() != '/') {
    return fail(ErrorCode::invalid,
                fmt::format("the guest path \"{0}\" is relative; write \"/{0}\"", guest));
  }
  // The rules for names are those of every guest path; only the slash in front differs.
  std::string path(1, '/');
  if (guest.size() > 1) {
    Path parsed;
    const Errno error = parsed.parse(guest.substr(1));
    if (error != Errno::success) {
      return fail(ErrorCode::invalid,
                  fmt::format("the guest path \"{}\" is not a path ({})", guest, to_string(error)));
    }
    if (!parsed.is_self()) path.append(parsed.view());
  }
  if (path.ends_with("/..") || path.find("/../") != std::string::npos) {
    return fail(ErrorCode::invalid,
                fmt::format("the guest path \"{}\" holds \"..\"; write the path it means", guest));
  }
  const auto same = [&path](const Mount& mount) { return mount.guest == path; };
  if (std::any_of(mounts_.begin(), mounts_.end(), same)) {
    return fail(ErrorCode::invalid,
                fmt::format("the guest path \"{}\" is mounted twice; leave one out", path));
  }
  return path;
}

Result<void> MountTable::check_overlap(const HostDirectory& added) const {
  const auto lies_in = [](const HostDirectory& inner, const HostDirectory& outer) {
    return std::find(inner.chain.begin(), inner.chain.end(), outer.chain.front()) !=
           inner.chain.end();
  };
  for (const HostDirectory& other : hosts_) {
    if (added.chain.front() == other.chain.front()) {
      if (added.read_only == other.read_only && ledger_ == nullptr) continue;
      if (added.read_only == other.read_only) {
        return fail(
            ErrorCode::invalid,
            fmt::format("\"{}\" is mounted twice, which a quota cannot count; leave one out",
                        added.path));
      }
      return fail(
          ErrorCode::invalid,
          fmt::format("\"{}\" is mounted {} and, as \"{}\", {}; mount it once, or twice with "
                      "the same rights",
                      other.path, rights(other.read_only), added.path, rights(added.read_only)));
    }
    const bool inside = lies_in(added, other);
    if (!inside && !lies_in(other, added)) continue;
    return fail(
        ErrorCode::invalid,
        fmt::format("\"{}\" lies inside \"{}\", which is mounted too; mount only one of them",
                    inside ? added.path : other.path, inside ? other.path : added.path));
  }
  return {};
}

void MountTable::forbid(const std::string& path) {
  Forbidden forbidden{path, true, {}};
  std::filesystem::path at(path);
  while (true) {
    const UniqueFd fd(::open(at.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (fd.valid()) {
      forbidden.chain = chain_above(fd.get());
      break;
    }
    forbidden.exists = false;
    if (at == at.parent_path()) break;
    at = at.parent_path();
  }
  forbidden_.push_back(std::move(forbidden));
}

Result<void> MountTable::check_forbidden(const HostDirectory& added) const {
  const auto holds = [](const auto& chain, const auto& id) {
    return std::find(chain.begin(), chain.end(), id) != chain.end();
  };
  for (const Forbidden& forbidden : forbidden_) {
    const bool inside = forbidden.exists && holds(added.chain, forbidden.chain.front());
    if (!inside && !holds(forbidden.chain, added.chain.front())) continue;
    return fail(
        ErrorCode::denied,
        fmt::format("\"{}\" {} \"{}\", which is midimon's own and not for plugins; choose a "
                    "directory apart from it",
                    added.path, inside ? "lies in" : "holds", forbidden.path));
  }
  return {};
}

Result<void> MountTable::add(const MountRequest& request, const DiskOptions& options) {
  // Both checks before anything is kept, so that a refused mount leaves no trace.
  const auto guest = check_guest(request.guest);
  if (!guest) return tl::unexpected(guest.error());
  auto fd = open_host(without_trailing_dots(request.host));
  if (!fd) return tl::unexpected(fd.error());
  HostDirectory host{request.host, request.read_only,
                     UniqueFd(::fcntl(fd->get(), F_DUPFD_CLOEXEC, 0)), chain_above(fd->get())};
  if (host.chain.empty()) return tl::unexpected(explain_open(request.host, EIO));
  if (auto allowed = check_forbidden(host); !allowed) return allowed;
  Result<void> apart = check_overlap(host);
  if (!apart) return apart;
  auto directory = open_disk(std::move(*fd), options);
  if (!directory) {
    return fail(ErrorCode::io, fmt::format("the directory \"{}\" cannot be used ({})", request.host,
                                           to_string(directory.error())));
  }
  if (ledger_ != nullptr && !request.read_only) {
    auto counted = count(std::move(*directory), host);
    if (!counted) return tl::unexpected(counted.error());
    directory = std::move(*counted);
  }
  hosts_.push_back(std::move(host));
  return add(*guest, std::move(*directory), request.read_only);
}

Result<std::unique_ptr<Directory>> MountTable::count(std::unique_ptr<Directory> directory,
                                                     const HostDirectory& host) const {
  // On the directory itself, through a descriptor that no guest has.
  if (::flock(host.fd.get(), LOCK_EX | LOCK_NB) != 0) {
    const auto holder = lock_holder(host.fd.get());
    return fail(
        ErrorCode::busy,
        fmt::format("\"{}\" is in use by {} with a quota; wait until that one has ended", host.path,
                    holder ? fmt::format("process {}", *holder) : "another midimon"));
  }
  auto tree = attach_quota(*directory, ledger_);
  if (!tree) {
    return fail(ErrorCode::io, fmt::format("what is stored in \"{}\" cannot be counted ({})",
                                           host.path, to_string(tree.error())));
  }
  return make_quota(std::move(directory), std::move(*tree));
}

Result<LandlockRuleset> MountTable::landlock_ruleset() const {
  auto ruleset = LandlockRuleset::create();
  if (!ruleset) return ruleset;
  if (auto allowed = allow_in(*ruleset); !allowed) return tl::unexpected(allowed.error());
  return ruleset;
}

Result<void> MountTable::allow_in(LandlockRuleset& ruleset) const {
  for (const HostDirectory& host : hosts_) {
    if (auto allowed = ruleset.allow(host.fd.get(), host.read_only); !allowed) return allowed;
  }
  return {};
}

Result<void> MountTable::add(std::string_view guest, std::unique_ptr<Directory> directory,
                             bool read_only) {
  auto path = check_guest(guest);
  if (!path) return tl::unexpected(path.error());
  if (read_only) directory = make_read_only(std::move(directory));
  if (audit_) {
    AuditSource source = *audit_;
    source.mount = *path;
    directory =
        make_audited(std::move(directory), std::make_shared<const AuditSource>(std::move(source)));
  }
  mounts_.push_back({std::move(*path), read_only, std::move(directory)});
  return {};
}

}  // namespace midimon::vfs
