#include "cli/end_anyway.h"

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
  print_error(why);
  ::_exit(status);
}

}  // namespace midimon::cli
