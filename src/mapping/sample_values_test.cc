#include "mapping/sample_values.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace midimon {
namespace {

TEST(SampleValues, AreTheExtremesOfWhatATriggerAsksFor) {
  const auto notes = sample_values(NoteTrigger{60, {}, 0, 100, false});
  EXPECT_EQ(notes.front().velocity, 1) << "velocity 0 is a release";
  EXPECT_EQ(notes.back().velocity, 100);
  EXPECT_EQ(notes.back().value, 100);
  EXPECT_EQ(notes.back().note, 60);
  EXPECT_EQ(notes.front().channel, 1);
  EXPECT_EQ(notes.back().channel, 16);
  const auto wide = sample_values(ControlTrigger{1, 4, 10, 16383, Edge::none, true});
  EXPECT_EQ(wide.front().value, 10);
  EXPECT_EQ(wide.back().value, 16383);
  EXPECT_EQ(wide.back().value_max, 16383);
  EXPECT_EQ(wide.front().channel, 5);
  const auto turns = sample_values(EncoderTrigger{1, {}, Direction::either, {}, 4});
  EXPECT_EQ(turns.front().steps, -4);
  EXPECT_EQ(turns.back().steps, 4);
  EXPECT_EQ(turns.front().value, std::nullopt);
  EXPECT_EQ(sample_values(EncoderTrigger{1, {}, Direction::counter_clockwise, {}, 2}).back().steps,
            -2);
  EXPECT_EQ(sample_values(BeatTrigger{4, 1}).back().value, 9);
  EXPECT_EQ(sample_values(SysexTrigger{*SysexPattern::parse("7E 01")}).back().value, 0);
  EXPECT_EQ(sample_values(SysexTrigger{*SysexPattern::parse("7E ??")}).back().value, 127);
  EXPECT_EQ(sample_values(ProgramTrigger{5, {}}).front().value, 5);
}

}  // namespace
}  // namespace midimon
