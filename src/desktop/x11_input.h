// Keys and clicks on an X11 display, by its XTEST extension.
#pragma once

#include <memory>
#include <string>

#include "desktop/input_device.h"
#include "midimon/result.h"

namespace midimon {

// `display` is as DISPLAY has it.
Result<std::unique_ptr<InputDevice>> open_x11_input(const std::string& display);

}  // namespace midimon
