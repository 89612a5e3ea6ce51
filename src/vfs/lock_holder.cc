#include "vfs/lock_holder.h"

#include <fmt/format.h>
#include <sys/sysmacros.h>

#include <fstream>
#include <sstream>
#include <string>

#include "base/errno.h"
#include "vfs/kernel_stat.h"

namespace midimon::vfs {

// A line of it: "7: FLOCK  ADVISORY  WRITE 1234 00:1a:5678 0 EOF". One that waits has a "->" before
// its kind. Source: Linux, Documentation/filesystems/proc.rst and fs/locks.c.
std::optional<pid_t> lock_holder(int fd) {
  struct stat info;  // the kernel fills it
  if (stat_fd(fd, info) != Errno::success) return {};
  const std::string file =
      fmt::format("{:02x}:{:02x}:{}", major(info.st_dev), minor(info.st_dev), info.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number;
    std::string kind;
    std::string nature;
    std::string access;
    std::string where;
    pid_t pid = 0;
    words >> number >> kind >> nature >> access >> pid >> where;
    if (words && kind == "FLOCK" && where == file && pid > 0) return pid;
  }
  return {};
}

}  // namespace midimon::vfs
