// The FailureWatch class decides when a plugin that keeps failing is left alone: first for a while,
// then until its user says otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "midimon/outcome.h"

namespace midimon::plugins {

enum class Health : std::uint8_t {
  well,
  resting,      // it failed several times in a row and is called again after a while
  quarantined,  // it went on failing and is not called any more
};

// "well", "resting", "quarantined".
[[nodiscard]] std::string_view to_string(Health health);

// Time comes in. Not thread-safe.
class FailureWatch {
 public:
  static constexpr int kRestAfter = 3;        // failures in a row
  static constexpr int kQuarantineAfter = 8;  // the same
  static constexpr Nanos kFirstRest = std::chrono::seconds(1);
  static constexpr Nanos kLongestRest = std::chrono::seconds(30);

  // Whether this is the failure of a plugin: it ran into a limit, or trapped. What it reports by
  // itself (PluginError) is none, nor is what was not run.
  [[nodiscard]] static bool is_failure(Outcome outcome);

  // A call ended. Says what is new, where something is, as a sentence about the plugin.
  std::optional<std::string> ended(Outcome outcome, Nanos now);
  // Why no call is to be made now; nothing if it may.
  [[nodiscard]] std::optional<std::string> refusal(Nanos now) const;

  [[nodiscard]] Health health(Nanos now) const;
  [[nodiscard]] int failures_in_a_row() const { return failures_; }

 private:
  int failures_ = 0;
  Nanos rests_until_{};
  Outcome last_ = Outcome::ok;
};

}  // namespace midimon::plugins
