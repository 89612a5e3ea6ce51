// Keys and clicks from the kernel, as if a keyboard and a mouse were plugged in: /dev/uinput.
#pragma once

#include <memory>
#include <string>

#include "desktop/input_device.h"
#include "midimon/result.h"

namespace midimon {

inline constexpr const char* kUinputFile = "/dev/uinput";

// `file` is kUinputFile, or stands in for it. Such a keyboard sends keys and not characters: what
// comes of them is up to the layout that whoever listens has set. We count on "us".
Result<std::unique_ptr<InputDevice>> open_uinput_input(const std::string& file);

}  // namespace midimon
