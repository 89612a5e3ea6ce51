// The windows of sway, or i3, which speak over a socket.
//
// Source: sway-ipc(7).
#pragma once

#include <memory>
#include <string>

#include "desktop/windows.h"
#include "midimon/result.h"

namespace midimon {

// `socket` as SWAYSOCK has it.
Result<std::unique_ptr<Windows>> open_sway_windows(const std::string& socket);

}  // namespace midimon
