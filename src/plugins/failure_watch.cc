#include "plugins/failure_watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"

namespace midimon::plugins {

std::string_view to_string(Health health) {
  switch (health) {
    case Health::well:
      return "well";
    case Health::resting:
      return "resting";
    case Health::quarantined:
      return "quarantined";
  }
  return "unknown";
}

bool FailureWatch::is_failure(Outcome outcome) {
  return outcome == Outcome::out_of_fuel || outcome == Outcome::deadline_exceeded ||
         outcome == Outcome::out_of_memory || outcome == Outcome::trapped;
}

std::optional<std::string> FailureWatch::ended(Outcome outcome, Nanos now) {
  if (!is_failure(outcome)) {
    if (outcome == Outcome::ok || outcome == Outcome::plugin_error) failures_ = 0;
    return std::nullopt;
  }
  last_ = outcome;
  ++failures_;
  if (failures_ < kRestAfter) return std::nullopt;
  if (failures_ >= kQuarantineAfter) {
    if (failures_ > kQuarantineAfter) return std::nullopt;
    return fmt::format(
        "failed {} times in a row, the last time as {}, and is not called any more. `midimon "
        "reload` tries it again.",
        failures_, midimon::to_string(last_));
  }
  const Nanos rest = std::min(kFirstRest * (1 << (failures_ - kRestAfter)), kLongestRest);
  rests_until_ = now + rest;
  return fmt::format("failed {} times in a row, the last time as {}, and is left alone for {}.",
                     failures_, midimon::to_string(last_), format_duration(rest));
}

Health FailureWatch::health(Nanos now) const {
  if (failures_ >= kQuarantineAfter) return Health::quarantined;
  return failures_ >= kRestAfter && now < rests_until_ ? Health::resting : Health::well;
}

std::optional<std::string> FailureWatch::refusal(Nanos now) const {
  switch (health(now)) {
    case Health::well:
      return std::nullopt;
    case Health::resting:
      return fmt::format(
          "The plugin failed {} times in a row, the last time as {}, and is left "
          "alone for another {}.",
          failures_, midimon::to_string(last_),
          format_duration(std::chrono::ceil<std::chrono::seconds>(rests_until_ - now)));
    case Health::quarantined:
      return fmt::format(
          "The plugin failed {} times in a row, the last time as {}, and is not called any more. "
          "`midimon reload` tries it again; `midimon plugin run` shows what is wrong.",
          failures_, midimon::to_string(last_));
  }
  return std::nullopt;
}

}  // namespace midimon::plugins
