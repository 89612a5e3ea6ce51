// The PadStates class keeps what plugins last said that they are doing and that their pads show.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/dispatcher.h"

namespace midimon::cli {

// Thread-safe.
class PadStates {
 public:
  // `state_json` is an object that set_state has checked; what it does not have stays as it was.
  // Whether anything is another than before.
  bool set(const std::string& plugin, std::string_view state_json);

  // Whether the plugin's "state" is this.
  [[nodiscard]] bool is(std::string_view plugin, std::string_view state) const;
  // All that it set, an object; empty if nothing.
  [[nodiscard]] nlohmann::json of(std::string_view plugin) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, nlohmann::json, std::less<>> states_;
};

// The message that lights the pad that was pressed, if what was called for it set its light: a note
// on with the light as its velocity, as controllers that light their pads by MIDI have it.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> light_of(const ActionReport& report);

}  // namespace midimon::cli
