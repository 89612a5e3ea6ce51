// The rows of the "midimon" module by subject, as table.cc joins them. Each list is in the file of
// its functions.
#pragma once

#include <span>

#include "wasm/host_function.h"

namespace midimon::hostapi {

using Rows = std::span<const wasm::HostFunction>;

Rows core_rows();       // core.cc: the log, results and errors, the own storage
Rows desktop_rows();    // desktop.cc: notifications, URLs, the clipboard, windows, the volume
Rows exec_rows();       // exec.cc
Rows http_rows();       // http.cc
Rows input_rows();      // input.cc: keys, text, the mouse
Rows midi_rows();       // midi.cc
Rows secrets_rows();    // secrets.cc
Rows settings_rows();   // settings.cc: the user's settings, and what the pad shows
Rows websocket_rows();  // websocket.cc

}  // namespace midimon::hostapi
