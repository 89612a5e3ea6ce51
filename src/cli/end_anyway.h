// The EndAnyway class ends the process if it does not end by itself: a JACK server that hangs holds
// whoever leaves it for good, and so does a pipe that nobody reads.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"

namespace midimon::cli {

// From when it is made: unless it goes within `patience`, it says `why` and ends the process with
// `status`. Nothing that is still to be written may be left by then.
class EndAnyway {
 public:
  EndAnyway(Nanos patience, std::string why, int status);
  ~EndAnyway();
  EndAnyway(const EndAnyway&) = delete;
  EndAnyway& operator=(const EndAnyway&) = delete;

 private:
  void wait(Nanos patience, const std::string& why, int status);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace midimon::cli
