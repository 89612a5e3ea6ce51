// JSON from outside, read with a bound on its depth.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace midimon {

// The value of `text`; none if it is not JSON or is nested deeper than `max_depth`.
inline std::optional<nlohmann::json> parse_bounded_json(std::string_view text, int max_depth) {
  bool too_deep = false;
  const auto watch = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    too_deep = too_deep || depth > max_depth;
    return !too_deep;
  };
  nlohmann::json value = nlohmann::json::parse(text, watch, /*allow_exceptions=*/false);
  if (too_deep || value.is_discarded()) return std::nullopt;
  return value;
}

}  // namespace midimon
