#include "wasm/aot_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/unique_fd.h"
#include "wasm/aot_entry.h"
#include "wasm/own_file.h"

namespace midimon::wasm {
namespace {

// Who writes an entry needs no such time for it.
constexpr std::time_t kUnpublishedSeconds = 600;

struct Entry {
  std::string name;
  std::uint64_t bytes = 0;
  timespec used{};  // its mtime: file systems are often mounted so that they keep no atime
};

std::vector<Entry> list(int directory) {
  std::vector<Entry> entries;
  // A descriptor of its own, because reading a directory moves on in it.
  UniqueFd fd(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR* raw = fd.valid() ? ::fdopendir(fd.get()) : nullptr;
  if (raw == nullptr) return entries;
  (void)fd.release();  // now raw's
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(raw, &::closedir);
  while (const dirent* item = ::readdir(stream.get())) {
    const std::string_view name = item->d_name;
    if (!is_entry_name(name) && !is_unpublished(name)) continue;
    struct stat status {};
    if (::fstatat(directory, item->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISDIR(status.st_mode)) continue;
    entries.push_back(
        {std::string(name), static_cast<std::uint64_t>(status.st_size), status.st_mtim});
  }
  return entries;
}

}  // namespace

AotUsage aot_usage(int directory) {
  AotUsage usage;
  for (const Entry& entry : list(directory)) {
    if (is_entry_name(entry.name)) ++usage.entries;
    usage.bytes += entry.bytes;
  }
  return usage;
}

void trim_aot(int directory, std::uint64_t max_bytes) {
  std::vector<Entry> entries = list(directory);
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.used.tv_sec, a.used.tv_nsec, a.name) <
           std::tie(b.used.tv_sec, b.used.tv_nsec, b.name);
  });
  std::uint64_t bytes = 0;
  for (const Entry& entry : entries)
    bytes += entry.bytes;
  const std::time_t now = std::time(nullptr);
  for (const Entry& entry : entries) {
    const bool unpublished = is_unpublished(entry.name);
    const bool abandoned = unpublished && now - entry.used.tv_sec > kUnpublishedSeconds;
    if (!abandoned && (unpublished || bytes <= max_bytes)) continue;
    ::unlinkat(directory, entry.name.c_str(), 0);
    bytes -= entry.bytes;  // where another process was faster, it is gone as well
  }
}

void mark_used(int fd) {
  const std::array<timespec, 2> times = {timespec{0, UTIME_OMIT}, timespec{0, UTIME_NOW}};
  ::futimens(fd, times.data());
}

}  // namespace midimon::wasm
