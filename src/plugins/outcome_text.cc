#include "plugins/outcome_text.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"

namespace midimon::plugins {

Explained explain(const wasm::Stop& stop, const WasmConfig& config, std::uint64_t refused_bytes) {
  switch (stop.reason) {
    case wasm::StopReason::returned:
      return {Outcome::ok, {}};
    case wasm::StopReason::exited:
      if (stop.exit_code == 0) return {Outcome::ok, {}};
      return {Outcome::plugin_error,
              fmt::format("The plugin exited with status {}.", stop.exit_code)};
    case wasm::StopReason::fuel:
      return {
          Outcome::out_of_fuel,
          fmt::format("The plugin used up its {} units of fuel. If it needs more, raise max_fuel "
                      "(in a profile: limits = {{ fuel = ... }}).",
                      config.max_fuel)};
    case wasm::StopReason::deadline:
      return {Outcome::deadline_exceeded,
              fmt::format("The plugin ran longer than the {} it may. If it needs more, raise "
                          "max_execution_time (in a profile: limits = {{ time = \"...\" }}).",
                          format_duration(config.max_execution_time))};
    case wasm::StopReason::memory:
      return {Outcome::out_of_memory,
              fmt::format("The plugin asked for {} of memory, may have {}, and gave up: {}\nIf it "
                          "needs more, raise max_memory_bytes (in a profile: limits = {{ memory = "
                          "\"...\" }}).",
                          format_bytes(refused_bytes), format_bytes(config.max_memory_bytes),
                          stop.message)};
    case wasm::StopReason::trapped:
      return {Outcome::trapped, fmt::format("The plugin was stopped: {}", stop.message)};
    case wasm::StopReason::cancelled:
      return {Outcome::cancelled, "The call was called back before it ended."};
    case wasm::StopReason::unavailable:
      return {Outcome::cancelled, fmt::format("The call could not be made: {}", stop.message)};
  }
  return {Outcome::trapped, {}};
}

}  // namespace midimon::plugins
