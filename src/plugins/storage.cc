#include "plugins/storage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "plugins/data_directory.h"

namespace midimon::plugins {
namespace {

constexpr std::uint64_t kGiB = 1024ULL * 1024 * 1024;

std::string file_name(std::string name) {
  std::replace(name.begin(), name.end(), '/', '-');
  return name + ".lock";
}

std::string read_holder(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size() - 1, 0);
  long pid = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + std::max<ssize_t>(size, 0), pid);
  return parsed.ec == std::errc() && pid > 0 ? fmt::format("process {}", pid) : "another process";
}

// Beside the tree and not in it: no plugin sees the lock.
Result<UniqueFd> take_lock(const Places& places, const std::string& name) {
  const auto directory = open_locks(places);
  if (!directory) return tl::unexpected(directory.error());
  UniqueFd fd(::openat(directory->get(), file_name(name).c_str(),
                       O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!fd.valid()) {
    return fail(ErrorCode::io, fmt::format("Cannot open the lock of {}/{}: {}.", places.data, name,
                                           std::strerror(errno)));
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    const std::string holder = read_holder(fd.get());
    return fail(ErrorCode::busy,
                fmt::format("{}/{} is in use by {}, which counts what is stored in it. Stop that "
                            "one first, or wait until it has ended.",
                            places.data, name, holder));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  // Only for the message above: what holds the directory is the lock itself.
  if (::ftruncate(fd.get(), 0) == 0) (void)!::pwrite(fd.get(), pid.data(), pid.size(), 0);
  return fd;
}

void report_quota(vfs::QuotaOptions& options,
                  const std::shared_ptr<const vfs::AuditSource>& source) {
  const auto about = [source](audit::EventKind kind, std::uint64_t used, std::uint64_t allowed) {
    audit::Event event;
    event.kind = kind;
    event.plugin = source->plugin;
    event.version = source->version;
    event.mount = source->mount;
    event.used = used;
    event.allowed = allowed;
    return event;
  };
  options.on_warning = [source, about](std::string_view what, std::uint64_t used,
                                       std::uint64_t allowed) {
    audit::Event warning = about(audit::EventKind::quota_warning, used, allowed);
    warning.detail = what;
    source->sink->record(warning);
  };
  options.on_refusal = [source, about, allowed = options.allowed](Errno why, vfs::QuotaUsage used) {
    audit::Event hit = about(audit::EventKind::quota_hit, used.bytes, allowed.bytes);
    hit.result = why;
    source->sink->record(hit);
  };
}

vfs::QuotaOptions quota_options(int fd, const StorageLimits& limits) {
  vfs::QuotaOptions options;
  options.allowed = limits.allowed;
  struct statvfs disk {};
  const bool known = ::fstatvfs(fd, &disk) == 0;
  const std::uint64_t total = known ? std::uint64_t{disk.f_blocks} * disk.f_frsize : 0;
  options.min_free = limits.min_free_disk.value_or(std::min(kGiB, total / 20));
  if (limits.audit != nullptr) report_quota(options, limits.audit);
  const auto own = std::make_shared<UniqueFd>(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  options.free_bytes = [own]() -> std::uint64_t {
    struct statvfs now {};
    if (::fstatvfs(own->get(), &now) != 0) return 0;
    return std::uint64_t{now.f_bavail} * now.f_frsize;
  };
  return options;
}

}  // namespace

Result<std::shared_ptr<HeldStorage>> Storage::hold(const Places& places, const std::string& name,
                                                   int fd, vfs::Directory& directory,
                                                   const StorageLimits& limits) {
  const std::lock_guard lock(mutex_);
  if (auto held = held_[name].lock()) return held;
  auto own = take_lock(places, name);
  if (!own) return tl::unexpected(own.error());
  auto ledger = std::make_shared<vfs::Ledger>(quota_options(fd, limits));
  auto tree = vfs::attach_quota(directory, ledger);
  if (!tree) {
    return fail(ErrorCode::io,
                fmt::format("What is stored in {}/{} cannot be counted ({}). Directories more than "
                            "256 deep, or that may not be read, are the likely cause.",
                            places.data, name, to_string(tree.error())));
  }
  auto held = std::make_shared<HeldStorage>(
      HeldStorage{std::move(*own), std::move(ledger), std::move(*tree)});
  held_[name] = held;
  return held;
}

}  // namespace midimon::plugins
