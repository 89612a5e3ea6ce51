#include "plugins/polled_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace midimon::plugins {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_of(std::string_view json) {
  const auto events = parse_polled_events(json);
  return events ? "no error" : events.error().message;
}

TEST(PolledEvents, WordsBecomeWhatADeviceSends) {
  const auto polled = parse_polled_events(
      R"({"events": ["press C2 100", "cc 7 64 channel 2", "sysex 7E 01"], "next_ms": 50})");
  ASSERT_TRUE(polled) << polled.error().message;
  ASSERT_EQ(polled->events.size(), 3U);
  EXPECT_THAT(bytes_of(polled->events[0]), ElementsAre(0x90, 36, 100));
  EXPECT_THAT(bytes_of(polled->events[1]), ElementsAre(0xB1, 7, 64));
  EXPECT_THAT(bytes_of(polled->events[2]), ElementsAre(0xF0, 0x7E, 1, 0xF7));
  EXPECT_EQ(polled->next, milliseconds(50));
}

TEST(PolledEvents, NothingIsNothingForAWhile) {
  for (const char* nothing : {"", "{}", R"({"events": []})"}) {
    const auto polled = parse_polled_events(nothing);
    ASSERT_TRUE(polled);
    EXPECT_TRUE(polled->events.empty());
    EXPECT_EQ(polled->next, kPollAgain);
  }
}

TEST(PolledEvents, ItIsAskedNeitherAllTheTimeNorNeverAgain) {
  EXPECT_EQ(parse_polled_events(R"({"next_ms": 0})")->next, kSoonestPoll);
  EXPECT_EQ(parse_polled_events(R"({"next_ms": -5})")->next, kSoonestPoll);
  EXPECT_EQ(parse_polled_events(R"({"next_ms": 9223372036854775807})")->next, kLatestPoll);
}

TEST(PolledEvents, WhatIsNoneSaysWhy) {
  EXPECT_THAT(error_of("x"), HasSubstr("no JSON object"));
  EXPECT_THAT(error_of("[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(error_of(R"({"next_ms": "5"})"), HasSubstr("no whole number"));
  EXPECT_THAT(error_of(R"({"events": "press C2"})"), HasSubstr("no list"));
  EXPECT_THAT(error_of(R"({"events": [5]})"), HasSubstr("no text"));
  EXPECT_THAT(error_of(R"({"events": ["prss C2"]})"), HasSubstr("did you mean \"press\"?"));
  std::string many = R"({"events": ["stop")";
  for (std::size_t i = 0; i < kMaxPolledEvents; ++i)
    many += ", \"stop\"";
  EXPECT_THAT(error_of(many + "]}"), HasSubstr("257 events at once"));
}

}  // namespace
}  // namespace midimon::plugins
