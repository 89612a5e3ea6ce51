// Keys and clicks in a Wayland compositor of the wlroots kind, by the extensions virtual-keyboard
// and wlr-virtual-pointer.
#pragma once

#include <memory>
#include <string>

#include "desktop/input_device.h"
#include "midimon/result.h"

namespace midimon {

// `display` is as WAYLAND_DISPLAY has it.
Result<std::unique_ptr<InputDevice>> open_wayland_input(const std::string& display);

}  // namespace midimon
