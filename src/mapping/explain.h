// Explains an event: which mappings it calls for in which mode, and why the others stay still.
#pragma once

#include <optional>
#include <string>

#include "mapping/event_text.h"
#include "mapping/mapper.h"

namespace midimon {

// Lines for people: for each mode (or the one with index `mode`) the mappings that listen to what
// the event is about, with "yes", "may" (it takes more than this event) or "no" and the reason.
[[nodiscard]] std::string explain(const Mapper& mapper, const TypedEvent& event,
                                  std::optional<std::size_t> mode, const Facts& facts);

}  // namespace midimon
