// Explains an event: which mappings it calls for in which mode, and why the others stay still.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/event_text.h"
#include "mapping/mapper.h"

namespace midimon {

// What an event is to one mapping.
struct Explained {
  const Mapping* mapping = nullptr;
  std::string_view answer;  // "yes", "may" (it takes more than this event) or "no"
  std::string why;          // of "may" and "no"
};

struct ExplainedMode {
  const Mode* mode = nullptr;
  std::vector<Explained> mappings;  // those that listen to what the event is about
  std::size_t others = 0;           // that do not
};

// For each mode, or the one with index `mode`. It points into the mapper's profile.
[[nodiscard]] std::vector<ExplainedMode> explain_modes(const Mapper& mapper,
                                                       const TypedEvent& event,
                                                       std::optional<std::size_t> mode,
                                                       const Facts& facts);

// The same as lines for people: for each mode (or the one with index `mode`) the mappings that
// listen to what the event is about, with "yes", "may" (it takes more than this event) or "no" and
// the reason.
[[nodiscard]] std::string explain(const Mapper& mapper, const TypedEvent& event,
                                  std::optional<std::size_t> mode, const Facts& facts);

}  // namespace midimon
