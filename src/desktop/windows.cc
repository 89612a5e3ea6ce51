#include "desktop/windows.h"

#include <algorithm>

#include "base/text.h"
#include "desktop/programs.h"
#include "desktop/windows_sway.h"
#include "desktop/windows_x11.h"

namespace midimon {

bool is_called(const Window& window, std::string_view folded) {
  if (folded.empty()) return false;
  if (folded_name(window.name) == folded || folded_name(window.other) == folded) return true;
  if (window.pid <= 0) return false;
  const auto names = program_names(window.pid);
  return std::find(names.begin(), names.end(), folded) != names.end();
}

Result<std::unique_ptr<Windows>> open_windows(const Environment& environment) {
  for (const char* variable : {"SWAYSOCK", "I3SOCK"}) {
    const auto socket = environment(variable);
    if (socket && !socket->empty()) return open_sway_windows(*socket);
  }
  const auto display = environment("DISPLAY");
  if (display && !display->empty()) return open_x11_windows(*display);
  return fail(ErrorCode::unsupported,
              "there is no desktop that tells its windows: neither SWAYSOCK (sway) nor DISPLAY "
              "(X11) is set; start midimon in the session of the desktop");
}

std::string bounded_title(std::string_view text) {
  if (text.size() > Windows::kMaxTitleBytes) {
    std::size_t end = Windows::kMaxTitleBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
      --end;
    text = text.substr(0, end);
  }
  return is_utf8(text) ? std::string(text) : std::string();
}

}  // namespace midimon
