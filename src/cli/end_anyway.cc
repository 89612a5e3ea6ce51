#include "cli/end_anyway.h"

#include <poll.h>
#include <unistd.h>

#include <utility>

#include "cli/console.h"

namespace midimon::cli {

EndAnyway::EndAnyway(Nanos patience, std::string why, int status)
    : thread_([this, patience, why = std::move(why), status] { wait(patience, why, status); }) {}

EndAnyway::~EndAnyway() {
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void EndAnyway::wait(Nanos patience, const std::string& why, int status) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, patience, [this] { return ended_; })) return;
  // Where nobody reads what is said, nothing is.
  pollfd terminal{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&terminal, 1, 0) > 0 && (terminal.revents & POLLOUT) != 0) print_error(why);
  ::_exit(status);
}

}  // namespace midimon::cli
