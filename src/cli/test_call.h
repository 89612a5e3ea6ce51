// A call to the world, as a case of `midimon plugin test` expects and answers it.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace midimon::cli {

// What is wrong with an expected call, {"call": "key_send", "chord": "ctrl+s", "answer": {...}}:
// it is no table, there is no such call, or the call or its answer has no such member or one of
// another type; a phrase that goes on after "expect.calls". None if all is well.
[[nodiscard]] std::optional<std::string> flaw_of_call(const nlohmann::json& call);

}  // namespace midimon::cli
