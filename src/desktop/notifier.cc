#include "desktop/notifier.h"

#include <fmt/format.h>
#include <systemd/sd-bus.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace midimon {
namespace {

constexpr const char* kService = "org.freedesktop.Notifications";
constexpr const char* kObject = "/org/freedesktop/Notifications";

struct CloseBus {
  void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
};
using Bus = std::unique_ptr<sd_bus, CloseBus>;
struct FreeMessage {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using BusMessage = std::unique_ptr<sd_bus_message, FreeMessage>;

tl::unexpected<Error> no_bus(const std::string& why) {
  return fail(
      ErrorCode::unsupported,
      fmt::format("the session's bus cannot be reached ({}); DBUS_SESSION_BUS_ADDRESS names "
                  "it; start midimon in the session of the desktop",
                  why));
}

Result<Bus> open_bus(const Environment& environment) {
  auto address = environment("DBUS_SESSION_BUS_ADDRESS");
  if (!address || address->empty()) {
    const auto runtime = environment("XDG_RUNTIME_DIR");
    if (!runtime || runtime->empty()) return no_bus("none is named");
    address = "unix:path=" + *runtime + "/bus";
  }
  sd_bus* made = nullptr;
  if (sd_bus_new(&made) < 0) return no_bus("there is no memory");
  Bus bus(made);
  const auto patience = std::chrono::microseconds(Notifier::kPatience).count();
  int error = sd_bus_set_address(made, address->c_str());
  if (error >= 0) error = sd_bus_set_bus_client(made, 1);
  if (error >= 0)
    error = sd_bus_set_method_call_timeout(made, static_cast<std::uint64_t>(patience));
  if (error >= 0) error = sd_bus_start(made);
  if (error < 0) return no_bus(std::strerror(-error));
  return bus;
}

// What went wrong with a call, and whether anybody is there to be called at all.
Error error_of(int code, const sd_bus_error& error) {
  const bool nobody =
      sd_bus_error_has_name(&error, SD_BUS_ERROR_SERVICE_UNKNOWN) != 0 ||
      sd_bus_error_has_name(&error, SD_BUS_ERROR_NAME_HAS_NO_OWNER) != 0 ||
      (error.name != nullptr &&
       std::string_view(error.name).starts_with("org.freedesktop.DBus.Error.Spawn."));
  if (nobody) {
    return {ErrorCode::unsupported,
            "nothing on this desktop shows notifications; Debian's dunst does, for one"};
  }
  const std::string why = error.message != nullptr ? error.message : std::strerror(-code);
  return {ErrorCode::io, fmt::format("the notification was not shown: {}", escape_line(why))};
}

// Whether bodies are read as markup.
Result<bool> reads_markup(sd_bus* bus) {
  sd_bus_error error{};
  sd_bus_message* reply = nullptr;
  const int code =
      sd_bus_call_method(bus, kService, kObject, kService, "GetCapabilities", &error, &reply, "");
  const BusMessage owned(reply);
  if (code < 0) {
    const Error why = error_of(code, error);
    sd_bus_error_free(&error);
    return tl::unexpected(why);
  }
  bool markup = false;
  if (sd_bus_message_enter_container(reply, SD_BUS_TYPE_ARRAY, "s") < 0) return markup;
  const char* capability = nullptr;
  while (sd_bus_message_read_basic(reply, SD_BUS_TYPE_STRING, &capability) > 0)
    markup = markup || std::strcmp(capability, "body-markup") == 0;
  return markup;
}

}  // namespace

std::string escape_markup(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

// A connection for each: notifications are rare, and a session may go and come back.
Result<void> Notifier::show(const Notification& notification) {
  const auto bus = open_bus(environment_);
  if (!bus) return tl::unexpected(bus.error());
  const auto markup = reads_markup(bus->get());
  if (!markup) return tl::unexpected(markup.error());
  const std::string from = notification.from.empty() ? "midimon" : "midimon: " + notification.from;
  const std::string body = *markup ? escape_markup(notification.body) : notification.body;
  sd_bus_error error{};
  sd_bus_message* reply = nullptr;
  const int code = sd_bus_call_method(bus->get(), kService, kObject, kService, "Notify", &error,
                                      &reply, "susssasa{sv}i", from.c_str(), 0U, "",
                                      notification.title.c_str(), body.c_str(), 0, 1, "urgency",
                                      "y", static_cast<int>(notification.urgency), -1);
  const BusMessage owned(reply);
  if (code >= 0) return {};
  const Error why = error_of(code, error);
  sd_bus_error_free(&error);
  return tl::unexpected(why);
}

}  // namespace midimon
