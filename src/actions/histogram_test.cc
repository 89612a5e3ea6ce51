#include "actions/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace midimon {
namespace {

using std::chrono::milliseconds;

TEST(Histogram, IsZeroWithoutSamples) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.percentile(50), Nanos(0));
  EXPECT_EQ(histogram.max(), Nanos(0));
}

TEST(Histogram, OneSampleIsEveryPercentileExactly) {
  Histogram histogram;
  histogram.add(Nanos(123'456'789));
  for (const int percent : {1, 50, 99, 100}) {
    EXPECT_EQ(histogram.percentile(percent), Nanos(123'456'789));
  }
}

TEST(Histogram, SmallSamplesAreExact) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i)
    histogram.add(Nanos(i));
  EXPECT_EQ(histogram.percentile(1), Nanos(1));
  EXPECT_EQ(histogram.percentile(50), Nanos(50));
  EXPECT_EQ(histogram.percentile(99), Nanos(99));
  EXPECT_EQ(histogram.percentile(100), Nanos(100));
}

TEST(Histogram, PercentilesAreAtMostOneSixtyFourthTooHigh) {
  Histogram histogram;
  std::vector<std::int64_t> samples;
  std::mt19937_64 random(7);  // NOLINT(cert-msc51-cpp): the same samples on every run
  for (int i = 0; i < 10'000; ++i) {
    const auto sample = static_cast<std::int64_t>(random() >> (1 + random() % 60));
    samples.push_back(sample);
    histogram.add(Nanos(sample));
  }
  std::sort(samples.begin(), samples.end());
  for (int percent = 1; percent <= 100; ++percent) {
    const std::int64_t exact = samples[static_cast<std::size_t>(percent * 100 - 1)];
    const std::int64_t told = histogram.percentile(percent).count();
    EXPECT_GE(told, exact) << percent;
    EXPECT_LE(told - exact, exact / 64) << percent;
  }
}

TEST(Histogram, TakesTheWholeRangeOfTime) {
  Histogram histogram;
  histogram.add(Nanos::max());
  histogram.add(Nanos::min());
  EXPECT_EQ(histogram.percentile(50), Nanos(0)) << "a clock that went back counts as 0";
  EXPECT_EQ(histogram.percentile(100), Nanos::max());
  EXPECT_EQ(histogram.max(), Nanos::max());
}

TEST(Histogram, OneSlowSampleInAHundredShowsInMaxAndNotInP99) {
  Histogram histogram;
  for (int i = 0; i < 99; ++i)
    histogram.add(Nanos(100));
  histogram.add(milliseconds(5));
  EXPECT_EQ(histogram.percentile(99), Nanos(100));
  EXPECT_EQ(histogram.max(), milliseconds(5));
}

}  // namespace
}  // namespace midimon
