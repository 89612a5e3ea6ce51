#include "process/child.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace midimon {

// The descriptor is missing before Linux 5.3, and where a sandbox forbids it.
Child::Child(pid_t pid) : pid_(pid), fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}

bool Child::add_to(std::vector<pollfd>& watched) const {
  if (fd_.valid()) watched.push_back({fd_.get(), POLLIN, 0});
  return fd_.valid();
}

bool Child::ended() const {
  siginfo_t info{};
  const int answer = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  return answer == 0 ? info.si_pid == pid_ : errno == ECHILD;
}

std::optional<int> Child::reap() {
  int status = 0;
  pid_t answer = 0;
  do {
    answer = ::waitpid(pid_, &status, 0);
  } while (answer < 0 && errno == EINTR);
  if (answer != pid_) return std::nullopt;
  return status;
}

}  // namespace midimon
