#include "trust/utc.h"

#include <gtest/gtest.h>

namespace midimon::trust {
namespace {

TEST(Utc, IsWrittenAndReadToTheSecond) {
  EXPECT_EQ(format_utc(UtcSeconds{}), "1970-01-01T00:00:00Z");
  for (const char* text : {"2026-11-25T11:07:09Z", "2024-02-29T23:59:59Z", "0000-01-01T00:00:00Z",
                           "9999-12-31T23:59:59Z"}) {
    const auto time = parse_utc(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(format_utc(*time), text);
  }
  EXPECT_EQ(format_utc(*parse_utc("2026-11-25")), "2026-11-25T00:00:00Z");
}

TEST(Utc, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "26-01-01", "2026-1-01",
        "2026-11-25T24:00:00Z", "2026-11-25T11:60:00Z", "2026-11-25T11:07:60Z",
        "2026-11-25T11:07:00", "2026-11-25 11:07:00Z", "2026-11-25T11:07:00+", "2026-11-25T11:07Z",
        "-026-11-25", "2026-11-2x", "2026-11-25T11:07:00Z "}) {
    EXPECT_FALSE(parse_utc(text)) << text;
  }
}

TEST(Utc, StaysAmongFourDigitYears) {
  EXPECT_EQ(format_utc(UtcSeconds(std::chrono::seconds(1'000'000'000'000))),
            "9999-12-31T23:59:59Z");
  EXPECT_EQ(format_utc(UtcSeconds(std::chrono::seconds(-1'000'000'000'000))),
            "0000-01-01T00:00:00Z");
}

TEST(Utc, ComesFromTheClock) {
  const ManualClock clock({}, std::chrono::seconds(86'400) + std::chrono::milliseconds(900));
  EXPECT_EQ(format_utc(now(clock)), "1970-01-02T00:00:00Z");
}

}  // namespace
}  // namespace midimon::trust
