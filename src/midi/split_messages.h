// split_messages() takes bytes apart that are to be sent: whole messages, each with its status.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace midimon {

// The messages of `bytes`, in their order; nothing unless all of it is such: no running status, no
// undefined status, a sysex from F0 to F7 without another status in between.
[[nodiscard]] std::optional<std::vector<std::vector<std::uint8_t>>> split_messages(
    std::string_view bytes);

}  // namespace midimon
