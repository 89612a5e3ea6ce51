// What a trigger plugin answers when it is asked for events.
#pragma once

#include <string_view>
#include <vector>

#include "base/clock.h"
#include "mapping/event_text.h"
#include "midimon/result.h"

namespace midimon::plugins {

// How long until it is asked again: what it says, within these, or kPollAgain.
inline constexpr Nanos kSoonestPoll = std::chrono::milliseconds(10);
inline constexpr Nanos kLatestPoll = std::chrono::hours(1);
inline constexpr Nanos kPollAgain = std::chrono::seconds(1);
inline constexpr std::size_t kMaxPolledEvents = 256;

struct PolledEvents {
  std::vector<TypedEvent> events;
  Nanos next = kPollAgain;
};

// Reads {"events": ["press C2 100", ...], "next_ms": 500}, both optional, the words those of
// mapping/event_text.h; an empty text is no events. Error: invalid, in words for the plugin's
// author.
[[nodiscard]] Result<PolledEvents> parse_polled_events(std::string_view json);

// As a device sends them.
[[nodiscard]] std::vector<std::uint8_t> bytes_of(const TypedEvent& event);

}  // namespace midimon::plugins
