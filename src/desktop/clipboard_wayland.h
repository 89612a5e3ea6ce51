// The clipboard of a Wayland compositor that gives it to programs without a window
// (wlr-data-control, which those of the wlroots kind have, and KDE's).
#pragma once

#include <memory>
#include <string>

#include "desktop/clipboard.h"
#include "midimon/result.h"

namespace midimon {

// `display` as WAYLAND_DISPLAY has it.
Result<std::unique_ptr<Clipboard>> open_wayland_clipboard(const std::string& display);

}  // namespace midimon
