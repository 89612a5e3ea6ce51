// open_input_device() finds out where keys and clicks can go here.
#pragma once

#include <memory>

#include "base/places.h"
#include "desktop/input_device.h"
#include "midimon/result.h"

namespace midimon {

// The first that works of: Wayland's, if WAYLAND_DISPLAY is set; X11's, if DISPLAY is; the
// kernel's. MIDIMON_INPUT=wayland, x11 or uinput asks for one and no other. The error says what
// each lacks.
Result<std::unique_ptr<InputDevice>> open_input_device(const Environment& environment);

}  // namespace midimon
