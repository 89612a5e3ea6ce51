#include "midi/tick_clock.h"

#include <gtest/gtest.h>

#include <vector>

namespace midimon {
namespace {

constexpr TickDivision kMilliseconds = {1000, 1000, true};  // at 1000 us per quarter: 1 us a tick

TEST(TickClock, TheLastOfSeveralTemposAtOneTickHolds) {
  const std::vector<TickTempo> tempos = {{0, 1}, {0, 2000}, {10, 9}, {10, 1000}};
  TickClock clock(kMilliseconds, tempos, Nanos::max());
  EXPECT_EQ(clock.at(0), Nanos(0));
  EXPECT_EQ(clock.tempo(), 2000U);
  EXPECT_EQ(clock.at(10), Nanos(20'000));
  EXPECT_EQ(clock.at(11), Nanos(21'000));
}

TEST(TickClock, StandsStillWhenAskedForTheSameTickAgain) {
  TickClock clock(kMilliseconds, {}, Nanos::max());
  EXPECT_EQ(clock.at(3), clock.at(3));
}

TEST(TickClock, EndsAtItsMaximumHoweverLargeTheTick) {
  const std::vector<TickTempo> tempos = {{0, 0xFFFFFF}};
  TickClock clock({1000, 1, true}, tempos, Nanos(1'000'000'000'000));
  EXPECT_EQ(clock.at(59), Nanos(989'855'685'000));
  EXPECT_EQ(clock.at(60), std::nullopt);
  EXPECT_EQ(clock.at(std::uint64_t{1} << 60U), std::nullopt);
  TickClock smpte({1'001'000'000'000, 30'000, false}, tempos, Nanos::max());
  EXPECT_EQ(smpte.at(std::uint64_t{1} << 60U), std::nullopt);
}

}  // namespace
}  // namespace midimon
