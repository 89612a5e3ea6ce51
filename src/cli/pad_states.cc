#include "cli/pad_states.h"

#include <utility>

#include "base/bounded_json.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 4;

json parse(std::string_view state_json) {
  auto parsed = parse_bounded_json(state_json, kMaxDepth);
  return parsed && parsed->is_object() ? std::move(*parsed) : json::object();
}

}  // namespace

bool PadStates::set(const std::string& plugin, std::string_view state_json) {
  const json state = parse(state_json);
  const std::scoped_lock lock(mutex_);
  json& known = states_[plugin];
  json next = known.is_null() ? json::object() : known;
  next.update(state);
  if (next == known) return false;
  known = std::move(next);
  return true;
}

bool PadStates::is(std::string_view plugin, std::string_view state) const {
  const json known = of(plugin);
  const auto found = known.find("state");
  return found != known.end() && found->is_string() &&
         found->get_ref<const std::string&>() == state;
}

json PadStates::of(std::string_view plugin) const {
  const std::scoped_lock lock(mutex_);
  const auto found = states_.find(plugin);
  return found == states_.end() ? json::object() : found->second;
}

std::optional<std::vector<std::uint8_t>> light_of(const ActionReport& report) {
  if (report.state_json.empty() || !report.note || !report.channel) return std::nullopt;
  const json state = parse(report.state_json);
  const auto led = state.find("led");
  if (led == state.end() || !led->is_number_integer()) return std::nullopt;
  const int light = led->get<int>();
  if (light < 0 || light > 127) return std::nullopt;
  return std::vector<std::uint8_t>{static_cast<std::uint8_t>(0x90 | (*report.channel - 1)),
                                   static_cast<std::uint8_t>(*report.note),
                                   static_cast<std::uint8_t>(light)};
}

}  // namespace midimon::cli
