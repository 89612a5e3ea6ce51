// The Notifier class shows notifications, by whatever shows them on this desktop.
//
// Source: Desktop Notifications Specification 1.2 (org.freedesktop.Notifications), over D-Bus.
#pragma once

#include <string>

#include "actions/desktop_caller.h"
#include "base/places.h"
#include "midimon/result.h"

namespace midimon {

// One thread owns it.
class Notifier {
 public:
  // How long one answer may take.
  static constexpr auto kPatience = std::chrono::seconds(2);

  // `environment` says where the session's bus is: DBUS_SESSION_BUS_ADDRESS, or else `bus` in
  // XDG_RUNTIME_DIR.
  explicit Notifier(Environment environment) : environment_(std::move(environment)) {}

  // The body is shown as it is: what would be markup is escaped where the desktop reads any.
  Result<void> show(const Notification& notification);

 private:
  Environment environment_;
};

// `text` with &, < and > as XML has them.
[[nodiscard]] std::string escape_markup(std::string_view text);

}  // namespace midimon
