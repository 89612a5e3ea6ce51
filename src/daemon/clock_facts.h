// What conditions ask for while a profile is played: the time of day, and what others know.
#pragma once

#include <functional>
#include <utility>

#include "base/clock.h"
#include "mapping/condition.h"

namespace midimon {

class ClockFacts final : public Facts {
 public:
  // Knows of programs and of what plugins do. It must not wait; without it nothing of that holds.
  using Ask = std::function<bool(const OutsideCondition&)>;

  // `clock` outlives this.
  explicit ClockFacts(const Clock& clock, Ask ask = {}) : clock_(clock), ask_(std::move(ask)) {}

  // In the time zone of the process (TZ).
  [[nodiscard]] LocalTime local_time() const override;
  [[nodiscard]] bool holds(const OutsideCondition& condition) const override {
    return ask_ && ask_(condition);
  }

 private:
  const Clock& clock_;
  Ask ask_;
};

}  // namespace midimon
