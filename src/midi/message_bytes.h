// Messages as a cable carries them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "midi/message.h"

namespace midimon {

// Puts the bytes of a message behind what is in `out`; of a sysex, `sysex` is what stands between
// F0 and F7.
inline void append_bytes(const Message& message, std::span<const std::uint8_t> sysex,
                         std::vector<std::uint8_t>& out) {
  out.push_back(message.status);
  if (message.kind() == MessageKind::sysex) {
    out.insert(out.end(), sysex.begin(), sysex.end());
    out.push_back(0xF7);
    return;
  }
  const int size = data_size(message.kind());
  if (size > 0) out.push_back(message.data1);
  if (size > 1) out.push_back(message.data2);
}

}  // namespace midimon
