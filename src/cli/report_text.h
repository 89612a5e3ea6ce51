// What became of an action, as `run` and `monitor` show it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "actions/dispatcher.h"

namespace midimon::cli {

// One line, without its end: "Ok                Switch (plugin obs/scene)  1.2ms".
[[nodiscard]] std::string report_line(const ActionReport& report);
[[nodiscard]] nlohmann::json report_json(const ActionReport& report);

}  // namespace midimon::cli
