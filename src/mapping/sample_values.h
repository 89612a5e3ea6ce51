// Finds values that the events of a trigger can have: its extremes, and something between.
#pragma once

#include <vector>

#include "mapping/event_values.h"
#include "mapping/trigger.h"

namespace midimon {

// Each is what one event that `trigger` asks for brings along; at least one. What holds for no
// event does not hold for these, so that whatever fails with one of them fails while it is played.
[[nodiscard]] std::vector<EventValues> sample_values(const Trigger& trigger);

}  // namespace midimon
