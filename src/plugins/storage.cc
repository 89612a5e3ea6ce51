#include "plugins/storage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>

#include "plugins/data_directory.h"

namespace midimon::plugins {
namespace {

constexpr std::uint64_t kGiB = 1024ULL * 1024 * 1024;

std::string file_name(std::string name) {
  std::replace(name.begin(), name.end(), '/', '-');
  return name + ".lock";
}

constexpr std::string_view kCounted = "counted ";

std::string read_text(int fd) {
  std::array<char, 64> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

void write_text(int fd, const std::string& text) {
  if (::ftruncate(fd, 0) == 0) (void)!::pwrite(fd, text.data(), text.size(), 0);
}

std::string holder_in(std::string_view text) {
  long pid = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), pid);
  return parsed.ec == std::errc() && pid > 0 ? fmt::format("process {}", pid) : "another process";
}

// Somebody may just be asking who holds it, which takes no time.
bool lock_file(int fd) {
  constexpr int kTries = 10;
  for (int i = 0; i < kTries; ++i) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

// "counted BYTES ENTRIES"
std::optional<vfs::QuotaUsage> counted_in(std::string_view text) {
  if (!text.starts_with(kCounted)) return {};
  const char* const end = text.data() + text.size();
  vfs::QuotaUsage counted;
  const auto bytes = std::from_chars(text.data() + kCounted.size(), end, counted.bytes);
  if (bytes.ec != std::errc() || bytes.ptr == end || *bytes.ptr != ' ') return {};
  const auto entries = std::from_chars(bytes.ptr + 1, end, counted.entries);
  if (entries.ec != std::errc() || entries.ptr == end || *entries.ptr != '\n') return {};
  return counted;
}

// Whoever had the lock before may have put another directory in the place of the one that was
// opened, and what is stored in that one would be lost.
bool is_still_there(const Places& places, const std::string& name, int fd) {
  struct stat opened {};
  struct stat now {};
  return ::fstat(fd, &opened) == 0 && ::lstat((places.data + "/" + name).c_str(), &now) == 0 &&
         opened.st_ino == now.st_ino && opened.st_dev == now.st_dev;
}

constexpr std::string_view kCounts = "counts what is stored in it";

std::string busy_text(const Places& places, const std::string& name, int fd, std::string_view why) {
  return fmt::format("{}/{} is in use by {}, which {}.", places.data, name,
                     holder_in(read_text(fd)), why);
}

// Held, and with what the one before left in it.
Result<UniqueFd> open_and_lock(const Places& places, const std::string& name,
                               std::string_view why) {
  const auto directory = open_locks(places);
  if (!directory) return tl::unexpected(directory.error());
  UniqueFd fd(::openat(directory->get(), file_name(name).c_str(),
                       O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!fd.valid()) {
    return fail(ErrorCode::io, fmt::format("Cannot open the lock of {}/{}: {}.", places.data, name,
                                           std::strerror(errno)));
  }
  if (!lock_file(fd.get())) {
    return fail(ErrorCode::busy, busy_text(places, name, fd.get(), why) +
                                     " Stop that one first, or wait until it has ended.");
  }
  return fd;
}

// For messages, and so that nothing else counts as counted if we are killed.
void write_holder(int fd) {
  write_text(fd, fmt::format("{}\n", ::getpid()));
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

Result<UniqueFd> take_lock(const Places& places, const std::string& name, std::string_view why) {
  auto fd = open_and_lock(places, name, why);
  if (fd) write_holder(fd->get());
  return fd;
}

Result<StorageLock> StorageLock::take(const Places& places, const std::string& name) {
  auto fd = open_and_lock(places, name, kCounts);
  if (!fd) return tl::unexpected(fd.error());
  const auto before = counted_in(read_text(fd->get()));
  write_holder(fd->get());
  return StorageLock(std::move(*fd), before);
}

void StorageLock::leave(const vfs::QuotaUsage& counted) const {
  write_text(fd_.get(), fmt::format("{}{} {}\n", kCounted, counted.bytes, counted.entries));
}

std::optional<std::string> who_holds(const Places& places, const std::string& name) {
  const auto directory = open_locks(places);
  if (!directory) return {};
  const UniqueFd fd(::openat(directory->get(), file_name(name).c_str(),
                             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  // Shared, so that two who ask do not see each other.
  if (!fd.valid() || ::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return {};
  return busy_text(places, name, fd.get(), kCounts);
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

std::shared_ptr<vfs::Ledger> make_ledger(int fd, const StorageLimits& limits) {
  return std::make_shared<vfs::Ledger>(quota_options(fd, limits));
}

HeldStorage::~HeldStorage() {
  // Files that are still open may be nameless, and their room is not given back yet.
  if (tree.use_count() == 1) lock.leave(ledger->used());
}

Result<std::shared_ptr<HeldStorage>> Storage::hold(const Places& places, const std::string& name,
                                                   int fd, vfs::Directory& directory,
                                                   const StorageLimits& limits) {
  const std::lock_guard lock(mutex_);
  if (auto held = held_[name].lock()) return held;
  auto own = StorageLock::take(places, name);
  if (!own) return tl::unexpected(own.error());
  if (!is_still_there(places, name, fd)) {
    return fail(ErrorCode::busy, fmt::format("{}/{} was replaced while it was opened. Try again.",
                                             places.data, name));
  }
  auto ledger = make_ledger(fd, limits);
  auto tree = vfs::attach_quota(directory, ledger);
  if (!tree) {
    return fail(ErrorCode::io,
                fmt::format("What is stored in {}/{} cannot be counted ({}). Directories more than "
                            "256 deep, or that may not be read, are the likely cause.",
                            places.data, name, to_string(tree.error())));
  }
  auto held = std::make_shared<HeldStorage>(std::move(*own), std::move(ledger), std::move(*tree));
  held_[name] = held;
  return held;
}

}  // namespace midimon::plugins
