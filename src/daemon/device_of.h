// Which of a profile's devices an input is.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "mapping/profile.h"
#include "ports/inputs.h"

namespace midimon {

// The first whose name is in the input's; nothing if it is none of them.
[[nodiscard]] inline std::optional<std::size_t> device_of(const Profile& profile,
                                                          std::string_view input) {
  for (std::size_t device = 0; device < profile.devices.size(); ++device) {
    if (matches_port(input, std::span(&profile.devices[device].name, 1))) return device;
  }
  return std::nullopt;
}

}  // namespace midimon
