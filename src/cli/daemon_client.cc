#include "cli/daemon_client.h"

#include <fmt/format.h>

#include "base/places.h"
#include "base/text.h"
#include "cli/key_files.h"
#include "cli/plugin_store.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

std::string text(const json& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && found->is_string() ? escape_line(found->get<std::string>()) : "";
}

bool flag(const json& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && found->is_boolean() && found->get<bool>();
}

}  // namespace

Result<ipc::Client> connect_daemon() {
  const auto places = find_places(this_platform(), process_environment());
  if (!places) return tl::unexpected(places.error());
  return ipc::Client::connect(*places);
}

std::string event_line(std::string_view kind, const json& event) {
  if (kind == "message") {
    return fmt::format("{:<8} {:<24} {}", "midi", text(event, "bytes"), text(event, "input"));
  }
  if (kind == "gesture") {
    std::string line = fmt::format("{:<8} {}", "gesture", text(event, "gesture"));
    for (const json& mapping : event.value("mappings", json::array()))
      line += fmt::format("\n{:<8} line {}: {}", "", mapping.value("line", 0),
                          text(mapping, "description"));
    return line;
  }
  if (kind == "action") {
    return fmt::format("{:<8} {} {} {}", "action",
                       flag(event, "ran") ? text(event, "outcome") : "NotRun",
                       text(event, "action"), text(event, "message"));
  }
  if (kind == "input") {
    return fmt::format("{:<8} {} {}", "input", text(event, "input"),
                       flag(event, "connected") ? "is connected" : "is gone");
  }
  if (kind == "plugin") {
    return fmt::format("{:<8} {} {}", "plugin", text(event, "plugin"), text(event, "notice"));
  }
  if (kind == "state") {
    return fmt::format("{:<8} {} {}", "state", text(event, "plugin"),
                       escape_line(event.value("pad", json::object())
                                       .dump(-1, ' ', false, json::error_handler_t::replace)));
  }
  if (kind == "reload") {
    const std::string error = text(event, "error");
    return fmt::format("{:<8} the profile was {}{}", "reload",
                       error.empty() ? "read again" : "not read again: ", error);
  }
  if (kind == "fact") {
    return fmt::format("{:<8} {} {} {}: {}", "fact", text(event, "kind"), text(event, "subject"),
                       text(event, "state"), flag(event, "holds") ? "yes" : "no");
  }
  if (kind == "time") {
    const int minute = event.value("minute", 0);
    return fmt::format("{:<8} day {} of the week, {:02}:{:02}", "time", event.value("weekday", 0),
                       minute / 60, minute % 60);
  }
  return fmt::format("{:<8} {}", escape_line(kind), text(event, "mode"));
}

std::string event_json(std::string_view kind, const json& event) {
  return json({{"event", std::string(kind)}, {"data", event}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace midimon::cli
