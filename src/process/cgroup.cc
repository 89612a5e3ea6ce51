#include "process/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <ctime>
#include <string_view>

#include "base/read_fd.h"

namespace midimon {
namespace {

constexpr std::size_t kMaxOwn = 64UL * 1024;

// Where control groups of version 2 are mounted: alone, or beside those of version 1.
std::optional<std::string> mount_point() {
  for (const char* place : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    struct statfs info {};
    if (::statfs(place, &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC) return place;
  }
  return std::nullopt;
}

// Ours: the line "0::/user.slice/...".
std::optional<std::string> own_path() {
  const UniqueFd file(::open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC));
  const auto text = file.valid() ? read_to_end(file.get(), kMaxOwn) : std::nullopt;
  if (!text) return std::nullopt;
  const std::size_t line = text->starts_with("0::/") ? 0 : text->find("\n0::/") + 1;
  if (line == 0 && !text->starts_with("0::/")) return std::nullopt;
  const std::size_t start = line + 3;
  return text->substr(start, text->find('\n', start) - start);
}

}  // namespace

std::optional<Cgroup> Cgroup::create() {
  static std::atomic<unsigned> count = 0;
  const auto own = own_path();
  const auto mount = mount_point();
  if (!own || !mount) return std::nullopt;
  std::string path = fmt::format("{}{}{}midimon-{}-{}", *mount, *own,
                                 own->ends_with('/') ? "" : "/", ::getpid(), ++count);
  if (::mkdir(path.c_str(), 0700) != 0) return std::nullopt;
  UniqueFd procs(::open((path + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  UniqueFd kill(::open((path + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
  Cgroup made(std::move(path), std::move(procs), std::move(kill));
  if (!made.procs_.valid() || !made.kill_.valid()) return std::nullopt;
  return made;
}

void Cgroup::kill() const {
  [[maybe_unused]] const auto written = ::write(kill_.get(), "1", 1);
}

Cgroup::~Cgroup() {
  if (path_.empty()) return;
  if (kill_.valid()) kill();
  // What was killed is gone a moment later.
  for (int i = 0; i < 200 && ::rmdir(path_.c_str()) != 0 && errno == EBUSY; ++i) {
    const timespec pause{0, 1'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace midimon
