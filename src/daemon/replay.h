// Plays a recording again in virtual time, and compares what comes of it with what came of it then.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/recording.h"
#include "mapping/profile.h"

namespace midimon {

struct ReplayResult {
  std::vector<RecordedEvent> events;     // gestures, modes and actions, as they were this time
  std::vector<std::string> differences;  // sentences; none: the same came of it
};

// Plugins and the system are not called: each action has the outcome that it had, after the time it
// took, and each condition the answer. Where the recording has none (the profile is another), all
// is well at once and no condition of the world outside holds. The same recording and profile give
// the same result, always.
[[nodiscard]] ReplayResult replay(const Recording& recording,
                                  std::shared_ptr<const Profile> profile);

// One line of an event, as `monitor` shows it.
[[nodiscard]] std::string describe(const RecordedEvent& event);

}  // namespace midimon
