#include "plugins/failure_watch.h"

#include <gtest/gtest.h>

namespace midimon::plugins {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(FailureWatch, AFewFailuresAreNothing) {
  FailureWatch watch;
  EXPECT_FALSE(watch.ended(Outcome::trapped, seconds(1)));
  EXPECT_FALSE(watch.ended(Outcome::out_of_fuel, seconds(1)));
  EXPECT_FALSE(watch.refusal(seconds(1)));
  EXPECT_EQ(watch.health(seconds(1)), Health::well);
}

TEST(FailureWatch, ThreeInARowRestASecondThenTwice) {
  FailureWatch watch;
  for (int i = 0; i < 2; ++i)
    (void)watch.ended(Outcome::trapped, seconds(1));
  const auto news = watch.ended(Outcome::trapped, seconds(1));
  ASSERT_TRUE(news);
  EXPECT_EQ(*news, "failed 3 times in a row, the last time as Trapped, and is left alone for 1s.");
  EXPECT_EQ(watch.health(milliseconds(1999)), Health::resting);
  EXPECT_TRUE(watch.refusal(milliseconds(1999)));
  EXPECT_FALSE(watch.refusal(seconds(2)));
  EXPECT_TRUE(watch.ended(Outcome::deadline_exceeded, seconds(2)));
  EXPECT_TRUE(watch.refusal(milliseconds(3999)));
  EXPECT_FALSE(watch.refusal(seconds(4)));
}

TEST(FailureWatch, WhatWorksStartsFromTheBeginning) {
  FailureWatch watch;
  for (int i = 0; i < 2; ++i)
    (void)watch.ended(Outcome::trapped, seconds(1));
  EXPECT_FALSE(watch.ended(Outcome::ok, seconds(1)));
  EXPECT_FALSE(watch.ended(Outcome::trapped, seconds(1)));
  EXPECT_EQ(watch.failures_in_a_row(), 1);
}

TEST(FailureWatch, AnErrorThatThePluginReportsIsNoFailure) {
  FailureWatch watch;
  for (int i = 0; i < 20; ++i)
    EXPECT_FALSE(watch.ended(Outcome::plugin_error, seconds(1)));
  EXPECT_EQ(watch.health(seconds(1)), Health::well);
}

TEST(FailureWatch, WhatWasNotRunChangesNothing) {
  FailureWatch watch;
  for (int i = 0; i < 3; ++i)
    (void)watch.ended(Outcome::trapped, seconds(1));
  (void)watch.ended(Outcome::denied, seconds(1));
  (void)watch.ended(Outcome::cancelled, seconds(1));
  EXPECT_EQ(watch.failures_in_a_row(), 3);
}

TEST(FailureWatch, EightInARowAreQuarantineForGood) {
  FailureWatch watch;
  std::optional<std::string> news;
  for (int i = 0; i < FailureWatch::kQuarantineAfter; ++i)
    news = watch.ended(Outcome::out_of_memory, seconds(100 * i));
  ASSERT_TRUE(news);
  EXPECT_NE(news->find("not called any more"), std::string::npos);
  EXPECT_EQ(watch.health(seconds(1'000'000)), Health::quarantined);
  EXPECT_TRUE(watch.refusal(seconds(1'000'000)));
}

TEST(FailureWatch, ARestIsNeverLongerThanItMayBe) {
  FailureWatch watch;
  Nanos now = seconds(1);
  for (int i = 0; i < FailureWatch::kQuarantineAfter - 1; ++i)
    (void)watch.ended(Outcome::trapped, now);
  EXPECT_FALSE(watch.refusal(now + FailureWatch::kLongestRest));
}

}  // namespace
}  // namespace midimon::plugins
