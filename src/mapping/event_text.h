// Reads an event as a person types it: "press C2 100", "cc 7 64 channel 2".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "mapping/condition.h"
#include "midi/message.h"
#include "midimon/result.h"

namespace midimon {

// What a device would send for it, in order.
struct TypedEvent {
  std::vector<Message> messages;
  std::optional<std::vector<std::uint8_t>> sysex;  // in place of messages; without F0 and F7
};

// Reads one of these; each but the last two lines may end in "channel N" (1 to 16; 1 if not given):
//
//   press NOTE [VELOCITY] · release NOTE [VELOCITY] · cc NUMBER VALUE · program NUMBER
//   pressure [NOTE] VALUE · bend VALUE (0 to 16383, 8192 is the centre)
//   nrpn NUMBER VALUE · rpn NUMBER VALUE (VALUE up to 127; two of them: both halves)
//   clock · start · stop · continue · reset
//   sysex BYTES
//
// A note is a number or a name, where C4 is 60. Fails with `invalid`, saying what is allowed.
[[nodiscard]] Result<TypedEvent> parse_event(std::string_view text);

// Reads a time of the week, "Mon 09:30". Fails with `invalid`.
[[nodiscard]] Result<LocalTime> parse_local_time(std::string_view text);

}  // namespace midimon
