// The Windows class knows the windows of a desktop, which of them has the keyboard, and how to give
// it to another. Implementations: windows_x11.h, windows_sway.h.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/places.h"
#include "midimon/result.h"

namespace midimon {

// One window, as its program describes it: nothing of that is to be trusted. UTF-8, bounded.
struct Window {
  std::uint64_t id = 0;
  std::string name;   // of the program, as the desktop has it; may be empty
  std::string other;  // a second name of it (WM_CLASS has two); may be empty
  std::string title;
  pid_t pid = 0;  // 0: not known
  bool focused = false;
};

// Whether the window's program goes by `folded`, a name as folded_name() has it.
[[nodiscard]] bool is_called(const Window& window, std::string_view folded);

class Windows {
 public:
  // How long a desktop has for one answer.
  static constexpr auto kPatience = std::chrono::seconds(2);
  static constexpr std::size_t kMaxWindows = 512;     // more are not looked at
  static constexpr std::size_t kMaxTitleBytes = 512;  // of a title or a name; the rest is cut

  virtual ~Windows() = default;
  // For messages: "X11 display :0", "sway".
  [[nodiscard]] virtual std::string name() const = 0;
  // Becomes readable when take_events() may have something to tell. What came while an answer was
  // waited for does not make it so: ask take_events() before waiting for this.
  [[nodiscard]] virtual int fd() const = 0;
  // Whether the windows or the focus may have changed since the last call. Does not wait. Error:
  // the desktop is gone, and this object is of no more use.
  virtual Result<bool> take_events() = 0;
  virtual Result<std::vector<Window>> list() = 0;
  virtual Result<void> focus(std::uint64_t id) = 0;
};

// Those of the desktop that `environment` names: sway or i3 where SWAYSOCK or I3SOCK is set, else
// X11 where DISPLAY is. The error says what is missing.
Result<std::unique_ptr<Windows>> open_windows(const Environment& environment);

// At most kMaxTitleBytes of `text`, not ending within a character; empty if it is not UTF-8.
[[nodiscard]] std::string bounded_title(std::string_view text);

}  // namespace midimon
