// How plugins ask of the desktop what mappings do not (those: system_caller.h), and get an answer.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "midimon/result.h"

namespace midimon {

// All texts are UTF-8, and bounded by who asks.

// The volume of an output of the sound server: the one of that name, or the default one.
struct VolumeQuery {
  std::string target;
};
struct VolumeSetting {
  enum class Mute : std::uint8_t { off, on, leave, toggle };
  std::string target;
  std::optional<int> percent;  // 0 to 100; none: as it is
  Mute mute = Mute::leave;
};
struct Notification {
  enum class Urgency : std::uint8_t { low, normal, critical };
  std::string from;  // whom it is shown to be from
  std::string title;
  std::string body;  // text, not markup
  Urgency urgency = Urgency::normal;
};
// In the program that the user has chosen for its kind. Of the schemes of is_openable_url().
struct OpenUrlRequest {
  std::string url;
};
struct ClipboardQuery {};
struct ClipboardText {
  std::string text;
};
// The windows that there are.
struct AppListQuery {};
// Gives the keyboard to a window of the program of that name.
struct AppFocusRequest {
  std::string name;
};
// Starts an installed application and leaves it alone. Of those that is_application_id() takes.
struct AppLaunchRequest {
  std::string id;
};
// The names of the MIDI outputs that a part of a name means, as MidiRequest has it.
struct MidiOutputsQuery {
  std::string port;
};
// Whole messages, to the outputs that have exactly these names.
struct MidiSending {
  std::vector<std::string> outputs;
  std::vector<std::vector<std::uint8_t>> messages;
};

using DesktopRequest = std::variant<VolumeQuery, VolumeSetting, Notification, OpenUrlRequest,
                                    ClipboardQuery, ClipboardText, AppListQuery, AppFocusRequest,
                                    AppLaunchRequest, MidiOutputsQuery, MidiSending>;

struct AppWindow {
  std::string name;   // of the program
  std::string title;  // of its window
  bool focused = false;
};

// What comes of a request; each fills its own part.
struct DesktopAnswer {
  int percent = 0;     // VolumeQuery: of the loudest channel, more than 100 if amplified
  bool muted = false;  // VolumeQuery
  std::string text;    // ClipboardQuery
  std::vector<AppWindow> windows;  // AppListQuery
  std::vector<std::string> names;  // MidiOutputsQuery
};

// The most that ClipboardQuery answers; more is an error.
inline constexpr std::size_t kMaxClipboardBytes = 256UL * 1024;

// The DesktopCaller class does what is requested somewhere else. Thread-safe.
class DesktopCaller {
 public:
  using Done = std::function<void(Result<DesktopAnswer>)>;
  virtual ~DesktopCaller() = default;
  // Asks for `request` and returns at once. `done` is called exactly once, on any thread, possibly
  // before this returns, and at most a few seconds later; what has not begun when `stop` is
  // requested does not. Errors: unsupported, this machine has no such thing, and what is missing;
  // not_found, no such output or program; others, it was tried and went wrong.
  virtual void ask(DesktopRequest request, std::stop_token stop, Done done) = 0;
};

// Whether a URL may be opened on behalf of a plugin: http, https or mailto, and made of printable
// ASCII without spaces and quotes, so that whoever it is handed to reads the same. A mail has the
// fields that a mail needs and no others: some programs take files along that `attach` names.
[[nodiscard]] bool is_openable_url(std::string_view url);

// Whether it can be the name of a desktop file, such as "org.mozilla.firefox": one name of at most
// 255 bytes that can be shown, is no path and no option, and leads nowhere else.
[[nodiscard]] bool is_application_id(std::string_view id);

}  // namespace midimon
