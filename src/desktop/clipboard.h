// The Clipboard class holds what is copied on a desktop, and gets what others have copied.
// Implementations: clipboard_x11.h, clipboard_wayland.h.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/places.h"
#include "midimon/result.h"

namespace midimon {

// One thread uses it. What was set is there for others as long as this is, and nobody sets
// something else.
class Clipboard {
 public:
  // How long another program has to hand over what it holds.
  static constexpr auto kPatience = std::chrono::seconds(2);

  virtual ~Clipboard() = default;
  // Whether the desktop is still there.
  [[nodiscard]] virtual bool alive() const = 0;
  // The text that is held, UTF-8; empty if it is none. Error: limit, more than kMaxClipboardBytes.
  virtual Result<std::string> get() = 0;
  virtual Result<void> set(const std::string& text) = 0;
};

// That of the desktop that `environment` names: Wayland's where WAYLAND_DISPLAY is set and its
// compositor gives programs without a window the clipboard, else X11's where DISPLAY is.
Result<std::unique_ptr<Clipboard>> open_clipboard(const Environment& environment);

}  // namespace midimon
