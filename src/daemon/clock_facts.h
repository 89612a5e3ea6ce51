// The ClockFacts class tells conditions the time of day, and nothing else.
#pragma once

#include "base/clock.h"
#include "mapping/condition.h"

namespace midimon {

// Whoever knows which programs run derives from this and answers holds(), too.
class ClockFacts : public Facts {
 public:
  // `clock` outlives this.
  explicit ClockFacts(const Clock& clock) : clock_(clock) {}

  // In the time zone of the process (TZ).
  [[nodiscard]] LocalTime local_time() const override;
  [[nodiscard]] bool holds(const OutsideCondition& /*condition*/) const override { return false; }

 private:
  const Clock& clock_;
};

}  // namespace midimon
