// What a running daemon says of itself.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "actions/summary.h"
#include "daemon/live.h"
#include "plugins/plugin_worker.h"
#include "ports/inputs.h"

namespace midimon::cli {

struct LiveStatus {
  std::string profile;  // its path
  std::string mode;
  std::string color;  // of the mode, as the profile has it
  Nanos uptime{};
  LiveCounts counts;
  Inputs::State ports;
  std::string reload_error;     // why the profile was not read again; empty: it was
  std::uint64_t thru_lost = 0;  // messages that were not passed on for want of time
  Nanos now{};                  // of the event feed
  LocalTime local_time;
  std::vector<plugins::PluginStatus> plugins;
};

[[nodiscard]] nlohmann::json to_json(const LiveStatus& status, const Summary& summary);
[[nodiscard]] nlohmann::json to_json(const Inputs::State& ports);

// Lines for people, of what to_json() made.
[[nodiscard]] std::string status_text(const nlohmann::json& status);
[[nodiscard]] std::string ports_text(const nlohmann::json& ports);

}  // namespace midimon::cli
