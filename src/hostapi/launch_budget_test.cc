#include "hostapi/launch_budget.h"

#include <gtest/gtest.h>

namespace midimon::hostapi {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(LaunchBudget, HasSixAtOnceAndThenOneEachTenSeconds) {
  LaunchBudget budget;
  Nanos now = hours(5);
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(budget.take(now), Nanos{}) << i;
  EXPECT_EQ(budget.take(now), seconds(10));
  now += seconds(9);
  EXPECT_EQ(budget.take(now), seconds(1));
  now += seconds(1);
  EXPECT_EQ(budget.take(now), Nanos{});
  EXPECT_EQ(budget.take(now), seconds(10));
  now += seconds(25);
  EXPECT_EQ(budget.take(now), Nanos{});
  EXPECT_EQ(budget.take(now), Nanos{});
  EXPECT_EQ(budget.take(now), seconds(5));
}

TEST(LaunchBudget, AskingInVainCostsNothingAndALongRestSavesUpSix) {
  LaunchBudget budget;
  Nanos now{};
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(budget.take(now) == Nanos{}, i < 6) << i;
  now += hours(24);
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(budget.take(now) == Nanos{}, i < 6) << i;
}

}  // namespace
}  // namespace midimon::hostapi
