// The windows of an X11 desktop, as its window manager tells them.
//
// Source: Extended Window Manager Hints 1.5 (_NET_CLIENT_LIST, _NET_ACTIVE_WINDOW, _NET_WM_NAME,
// _NET_WM_PID) and the ICCCM (WM_CLASS, WM_NAME).
#pragma once

#include <memory>
#include <string>

#include "desktop/windows.h"
#include "midimon/result.h"

namespace midimon {

// `display` as DISPLAY has it.
Result<std::unique_ptr<Windows>> open_x11_windows(const std::string& display);

}  // namespace midimon
