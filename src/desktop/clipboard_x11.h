// The clipboard of an X11 display: its selection CLIPBOARD.
//
// Source: Inter-Client Communication Conventions Manual 2.0, 2 (selections; 2.7.2, INCR).
#pragma once

#include <memory>
#include <string>

#include "desktop/clipboard.h"
#include "midimon/result.h"

namespace midimon {

// `display` as DISPLAY has it.
Result<std::unique_ptr<Clipboard>> open_x11_clipboard(const std::string& display);

}  // namespace midimon
