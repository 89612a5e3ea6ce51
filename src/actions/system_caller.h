// How the MIDI side asks for keys, clicks, programs, the volume and MIDI output.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "mapping/system_action.h"
#include "midimon/outcome.h"

namespace midimon {

// What became of a request: ok, failed, denied, deadline_exceeded or cancelled.
struct SystemReport {
  Outcome outcome = Outcome::ok;
  std::string message;  // for people; empty when there is nothing to add
};

// The SystemCaller class does what is requested somewhere else. Thread-safe.
class SystemCaller {
 public:
  virtual ~SystemCaller() = default;
  // Asks for `request` and returns at once. `done` is called exactly once, on any thread, possibly
  // before this returns; keys, texts and clicks happen in the order in which they were asked for.
  // What takes its time ends early once `stop` is requested, and what has not begun does not; but a
  // key goes up all the same. That a key goes up that is not down is no error.
  virtual void call(SystemRequest request, std::stop_token stop,
                    std::function<void(SystemReport)> done) = 0;
};

}  // namespace midimon
