#include "cli/live_status.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <vector>

#include "base/text.h"
#include "base/units.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

std::string line(std::string_view name, const std::string& value) {
  return fmt::format("{:<11} {}\n", name, value);
}

std::string list(const json& names) {
  std::string out;
  for (const json& name : names)
    out += (out.empty() ? "" : ", ") + escape_line(name.get<std::string>());
  return out.empty() ? "none" : out;
}

// "practice-log: well, 12 calls, 1 failed, 2 wait, 3 dropped, 40 superseded"
std::string plugin_text(const json& plugin) {
  const auto count = [&](const char* key) { return plugin[key].get<std::uint64_t>(); };
  std::string out =
      fmt::format("{}: {}, {} calls", escape_line(plugin["plugin"].get<std::string>()),
                  plugin["health"].get<std::string>(), count("calls"));
  const auto add = [&](const char* key, std::string_view word) {
    if (count(key) > 0) out += fmt::format(", {} {}", count(key), word);
  };
  add("failures", "failed");
  add("waiting", "wait");
  add("dropped", "dropped");
  add("superseded", "superseded");
  add("restarts", "threads given up");
  const auto pad = plugin.find("pad");
  if (pad != plugin.end() && !pad->empty()) {
    out += ", " + escape_line(pad->dump(-1, ' ', false, json::error_handler_t::replace));
  }
  return out;
}

}  // namespace

json to_json(const Inputs::State& ports) {
  return {{"api", ports.api ? json(to_string(*ports.api)) : json()},
          {"available", ports.available},
          {"connected", ports.connected}};
}

json to_json(const plugins::PluginStatus& plugin) {
  return {{"plugin", plugin.plugin},         {"health", plugins::to_string(plugin.health)},
          {"waiting", plugin.waiting},       {"calls", plugin.calls},
          {"failures", plugin.failures},     {"dropped", plugin.dropped},
          {"superseded", plugin.superseded}, {"restarts", plugin.restarts}};
}

json to_json(const LiveStatus& status, const Summary& summary) {
  const ParserLosses& unreadable = status.counts.unreadable;
  json plugins = json::array();
  for (const plugins::PluginStatus& plugin : status.plugins)
    plugins.push_back(to_json(plugin));
  return {{"pid", ::getpid()},
          {"profile", status.profile},
          {"mode", status.mode},
          {"color", status.color},
          {"uptime_ms", std::chrono::floor<std::chrono::milliseconds>(status.uptime).count()},
          {"ports", to_json(status.ports)},
          {"messages", status.counts.messages},
          {"matched", status.counts.matched},
          {"in_flight", status.counts.in_flight},
          {"lost_packets", status.counts.lost_packets},
          {"unreadable",
           {{"stray_bytes", unreadable.stray_bytes},
            {"cut_messages", unreadable.cut_messages},
            {"cut_sysex", unreadable.cut_sysex},
            {"oversized_sysex", unreadable.oversized_sysex}}},
          {"passed_on", status.counts.passed_on},
          {"thru_lost", status.thru_lost},
          {"now_ns", status.now.count()},
          {"local_time",
           {{"weekday", status.local_time.weekday}, {"minute", status.local_time.minute}}},
          {"plugins", std::move(plugins)},
          {"actions", json::parse(summary.json())},
          {"reload_error", status.reload_error}};
}

std::string ports_text(const json& ports) {
  if (ports["api"].is_null()) {
    return "There are no MIDI ports: neither a JACK server nor ALSA's sequencer runs here.\n";
  }
  std::string out;
  for (const json& name : ports["available"]) {
    const json& connected = ports["connected"];
    const bool is = std::find(connected.begin(), connected.end(), name) != connected.end();
    out += fmt::format("{} {}\n", is ? "*" : " ", escape_line(name.get<std::string>()));
  }
  if (out.empty()) out = "No port sends anything; midimon's own (midimon:in) is there.\n";
  return out;
}

std::string status_text(const json& status) {
  const json& actions = status["actions"];
  const auto uptime = std::chrono::milliseconds(status["uptime_ms"].get<std::int64_t>());
  std::string out = fmt::format("midimon runs (process {}) since {}\n", status["pid"].get<int>(),
                                format_duration(std::chrono::floor<std::chrono::seconds>(uptime)));
  out += line("profile", escape_line(status["profile"].get<std::string>()));
  const std::string color = escape_line(status["color"].get<std::string>());
  out += line("mode", escape_line(status["mode"].get<std::string>()) +
                          (color.empty() ? "" : fmt::format(" ({})", color)));
  out += line("controllers", list(status["ports"]["connected"]));
  out +=
      line("messages", fmt::format("{}, {} mappings found", status["messages"].get<std::uint64_t>(),
                                   status["matched"].get<std::uint64_t>()));
  out += line(
      "actions",
      fmt::format("{} ran, {} failed, {} not run, {} running", actions["ran"].get<std::uint64_t>(),
                  actions["failed"].get<std::uint64_t>(), actions["not_run"].get<std::uint64_t>(),
                  status["in_flight"].get<std::uint64_t>()));
  for (const json& plugin : status["plugins"])
    out += line("plugin", plugin_text(plugin));
  if (const auto passed = status["passed_on"].get<std::uint64_t>(); passed > 0) {
    out += line("passed on", fmt::format("{} messages, {} lost", passed,
                                         status["thru_lost"].get<std::uint64_t>()));
  }
  if (const auto lost = status["lost_packets"].get<std::uint64_t>(); lost > 0) {
    out += line("lost", fmt::format("{} packets came faster than they were taken", lost));
  }
  if (const auto error = status["reload_error"].get<std::string>(); !error.empty()) {
    out += "The profile was not read again, the one before goes on:\n" + error + "\n";
  }
  return out;
}

}  // namespace midimon::cli
