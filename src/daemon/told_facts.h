// The ToldFacts class answers conditions as another does, and tells what it answered.
#pragma once

#include <functional>
#include <utility>

#include "mapping/condition.h"

namespace midimon {

// A session that is played again gets the same answers.
class ToldFacts final : public Facts {
 public:
  struct Tell {
    std::function<void(const LocalTime&)> time;
    std::function<void(const OutsideCondition&, bool holds)> outside;
  };

  // `facts` outlives this. Both of `tell` are there.
  ToldFacts(const Facts& facts, Tell tell) : facts_(facts), tell_(std::move(tell)) {}

  [[nodiscard]] LocalTime local_time() const override {
    const LocalTime time = facts_.local_time();
    tell_.time(time);
    return time;
  }
  [[nodiscard]] bool holds(const OutsideCondition& condition) const override {
    const bool answer = facts_.holds(condition);
    tell_.outside(condition, answer);
    return answer;
  }

 private:
  const Facts& facts_;
  Tell tell_;
};

}  // namespace midimon
