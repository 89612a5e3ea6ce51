#include "desktop/clipboard.h"

#include "desktop/clipboard_wayland.h"
#include "desktop/clipboard_x11.h"

namespace midimon {

Result<std::unique_ptr<Clipboard>> open_clipboard(const Environment& environment) {
  Error why{
      ErrorCode::unsupported,
      "there is no desktop with a clipboard: neither WAYLAND_DISPLAY nor DISPLAY is set; start "
      "midimon in the session of the desktop"};
  const auto wayland = environment("WAYLAND_DISPLAY");
  if (wayland && !wayland->empty()) {
    auto opened = open_wayland_clipboard(*wayland);
    if (opened) return opened;
    why = opened.error();
  }
  const auto x11 = environment("DISPLAY");
  if (x11 && !x11->empty()) {
    auto opened = open_x11_clipboard(*x11);
    if (opened) return opened;
    if (!wayland || wayland->empty()) why = opened.error();
  }
  return tl::unexpected(why);
}

}  // namespace midimon
