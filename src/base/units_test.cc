#include "base/units.h"

#include <gtest/gtest.h>

#include <limits>

namespace midimon {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(ParseBytes, ReadsPlainNumbersAndEveryUnit) {
  EXPECT_EQ(parse_bytes("0"), 0U);
  EXPECT_EQ(parse_bytes("4096"), 4096U);
  EXPECT_EQ(parse_bytes("7B"), 7U);
  EXPECT_EQ(parse_bytes("10kB"), 10'000U);
  EXPECT_EQ(parse_bytes("2MB"), 2'000'000U);
  EXPECT_EQ(parse_bytes("3GB"), 3'000'000'000U);
  EXPECT_EQ(parse_bytes("1TB"), 1'000'000'000'000U);
  EXPECT_EQ(parse_bytes("1KiB"), 1024U);
  EXPECT_EQ(parse_bytes("64MiB"), 64U << 20U);
  EXPECT_EQ(parse_bytes("64 MiB"), 64U << 20U);
  EXPECT_EQ(parse_bytes("1GiB"), 1U << 30U);
  EXPECT_EQ(parse_bytes("1TiB"), std::uint64_t{1} << 40U);
}

TEST(ParseBytes, RefusesWhatItCannotReadWithoutGuessing) {
  for (const char* text : {"", " ", "MiB", "-1", "+1", "1.5GiB", "64mib", "64MB/s", "64  MiB",
                           " 64", "64 ", "0x10", "1e6", "KB"}) {
    const auto result = parse_bytes(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, ErrorCode::invalid) << text;
    EXPECT_NE(result.error().message.find("MiB, GiB"), std::string::npos) << text;
  }
}

TEST(ParseBytes, RefusesWhatDoesNotFitIn64Bits) {
  EXPECT_EQ(parse_bytes("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  for (const char* text : {"18446744073709551616", "16777216TiB", "99999999999999999999kB"}) {
    const auto result = parse_bytes(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, ErrorCode::limit) << text;
  }
}

TEST(ParseBytes, MessageHoldsNoControlCharactersAndStaysShort) {
  const auto result = parse_bytes("1\n\x1b[31m" + std::string(1000, 'x'));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message.find('\n'), std::string::npos);
  EXPECT_EQ(result.error().message.find('\x1b'), std::string::npos);
  EXPECT_LT(result.error().message.size(), 200U);
}

TEST(ParseDuration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("40ns"), Nanos(40));
  EXPECT_EQ(parse_duration("250us"), microseconds(250));
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("5s"), seconds(5));
  EXPECT_EQ(parse_duration("5 s"), seconds(5));
  EXPECT_EQ(parse_duration("2m"), minutes(2));
  EXPECT_EQ(parse_duration("1h"), hours(1));
  EXPECT_EQ(parse_duration("0s"), Nanos(0));
}

TEST(ParseDuration, WantsAUnit) {
  for (const char* text : {"", "500", "5sec", "-5s", "1.5s", "s", "5S"}) {
    const auto result = parse_duration(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, ErrorCode::invalid) << text;
  }
}

TEST(ParseDuration, RefusesWhatDoesNotFitInNanoseconds) {
  EXPECT_EQ(parse_duration("9223372036854775807ns"), Nanos::max());
  for (const char* text : {"9223372036854775808ns", "9223372037s", "2562048h"}) {
    const auto result = parse_duration(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, ErrorCode::limit) << text;
  }
}

TEST(FormatBytes, UsesTheLargestUnitThatFitsAndNeverRoundsUp) {
  EXPECT_EQ(format_bytes(0), "0B");
  EXPECT_EQ(format_bytes(1023), "1023B");
  EXPECT_EQ(format_bytes(1024), "1KiB");
  EXPECT_EQ(format_bytes(1536), "1.5KiB");
  EXPECT_EQ(format_bytes(64U << 20U), "64MiB");
  EXPECT_EQ(format_bytes((64U << 20U) - 1), "63.99MiB");
  EXPECT_EQ(format_bytes(std::numeric_limits<std::uint64_t>::max()), "16777215.99TiB");
}

TEST(FormatDuration, KeepsThreeDigitsAndPicksTheUnitAfterRounding) {
  EXPECT_EQ(format_duration(Nanos(0)), "0ns");
  EXPECT_EQ(format_duration(Nanos(850)), "850ns");
  EXPECT_EQ(format_duration(Nanos(4564)), "4.56us");
  EXPECT_EQ(format_duration(Nanos(999'960)), "1ms");
  EXPECT_EQ(format_duration(milliseconds(12)), "12ms");
  EXPECT_EQ(format_duration(milliseconds(1500)), "1.5s");
  EXPECT_EQ(format_duration(Nanos(59'990'000'000)), "1m00s");
  EXPECT_EQ(format_duration(seconds(125)), "2m05s");
  EXPECT_EQ(format_duration(minutes(62)), "1h02m");
  EXPECT_EQ(format_duration(-milliseconds(3)), "-3ms");
  EXPECT_EQ(format_duration(Nanos::max()), "2562047h47m");
  EXPECT_EQ(format_duration(Nanos::min()), "-2562047h47m");
}

}  // namespace
}  // namespace midimon
