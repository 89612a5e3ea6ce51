// The Detector class turns messages into gestures.
#pragma once

#include <vector>

#include "base/clock.h"
#include "events/gesture.h"
#include "midi/message.h"

namespace midimon {

// Pure: time comes in with each message, and everything it finds goes to `out`. A gesture is found
// the moment its last message arrives. Not thread-safe.
class Detector {
 public:
  // Takes in `message`, received at `at`, and appends the gestures it completes to `out`. Presses,
  // releases (also those written as a note-on with velocity 0) and control changes are gestures of
  // their own; a press of a note that is already held is a press again. Of other messages nothing
  // comes.
  void feed(const Message& message, Nanos at, std::vector<Gesture>& out);
};

}  // namespace midimon
