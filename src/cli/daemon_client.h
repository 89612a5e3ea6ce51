// What the commands that talk to a running daemon have in common.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "ipc/client.h"
#include "midimon/result.h"

namespace midimon::cli {

// Connects to the daemon that this user runs.
Result<ipc::Client> connect_daemon();

// Lines for people, without the last end of a line.
[[nodiscard]] std::string event_line(std::string_view kind, const nlohmann::json& event);

// {"event": kind, "data": {...}} in one line; what is no UTF-8 is replaced.
[[nodiscard]] std::string event_json(std::string_view kind, const nlohmann::json& event);

}  // namespace midimon::cli
