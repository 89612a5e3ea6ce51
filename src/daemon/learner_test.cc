#include "daemon/learner.h"

#include <gtest/gtest.h>

#include "mapping/profile_toml.h"

namespace midimon {
namespace {

using std::chrono::milliseconds;

class LearnerTest : public testing::Test {
 protected:
  void send(int at_ms, MessageKind kind, int data1, int data2 = 0, const char* input = "pads") {
    learner_.feed(input, make_message(kind, 2, data1, data2), {}, milliseconds(at_ms));
  }
  void press(int at_ms, int note, int velocity = 100) {
    send(at_ms, MessageKind::note_on, note, velocity);
  }
  void release(int at_ms, int note) { send(at_ms, MessageKind::note_off, note); }
  void control(int controller, std::initializer_list<int> values) {
    for (const int value : values)
      send(at_ms_ += 20, MessageKind::control_change, controller, value);
  }
  // The trigger, which a profile takes.
  std::string trigger() {
    const auto learned = learner_.take(milliseconds(100'000));
    if (!learned) return "nothing";
    const auto profile = parse_profile("[[modes]]\nname = \"x\"\n" + mapping_toml(*learned), "p");
    EXPECT_TRUE(profile) << (profile ? "" : profile.error().message);
    advice_ = learned->advice;
    return learned->trigger;
  }

  Learner learner_;
  int at_ms_ = 0;
  std::string advice_;
};

TEST_F(LearnerTest, ATapIsANoteOnceNoSecondOneCameOfIt) {
  press(0, 36);
  release(100, 36);
  EXPECT_FALSE(learner_.take(milliseconds(699)));
  EXPECT_EQ(learner_.next_deadline(), milliseconds(700));
  const auto learned = learner_.take(milliseconds(700));
  ASSERT_TRUE(learned);
  EXPECT_EQ(learned->trigger, R"({ type = "Note", note = "C2", channel = 3 })");
  EXPECT_EQ(learned->what, "C2 pressed");
  EXPECT_EQ(learned->input, "pads");
  EXPECT_FALSE(learner_.next_deadline());
}

TEST_F(LearnerTest, ADoubleTap) {
  press(0, 36);
  release(50, 36);
  press(200, 36);
  release(250, 36);
  EXPECT_EQ(trigger(), R"({ type = "DoubleTap", note = "C2", channel = 3 })");
}

TEST_F(LearnerTest, ALongPressIsABitShorterThanItWas) {
  press(0, 36);
  release(1250, 36);
  EXPECT_EQ(trigger(), R"({ type = "LongPress", note = "C2", channel = 3, duration_ms = 1100 })");
}

TEST_F(LearnerTest, OneThatIsHeldOnAndOnIsJudgedInTheEnd) {
  press(0, 36);
  EXPECT_EQ(learner_.next_deadline(), Learner::kLongest);
  EXPECT_EQ(trigger(), R"({ type = "LongPress", note = "C2", channel = 3, duration_ms = 2000 })");
}

TEST_F(LearnerTest, AChord) {
  press(0, 40);
  press(20, 36);
  press(49, 43);
  for (const int note : {36, 40, 43})
    release(300, note);
  EXPECT_EQ(trigger(), R"({ type = "NoteChord", notes = ["C2", "E2", "G2"], channel = 3 })");
}

TEST_F(LearnerTest, PressureThatComesWithAPressIsPartOfIt) {
  send(0, MessageKind::note_on, 36, 90);
  send(10, MessageKind::poly_pressure, 36, 50);
  send(20, MessageKind::channel_pressure, 50);
  release(100, 36);
  EXPECT_EQ(trigger(), R"({ type = "Note", note = "C2", channel = 3 })");
}

TEST_F(LearnerTest, EachKindOfEncoder) {
  control(16, {1, 1, 2, 127, 127, 126});
  EXPECT_EQ(trigger(),
            R"({ type = "EncoderTurn", cc = 16, channel = 3, encoding = "twos-complement" })");
  control(16, {65, 65, 66, 63, 63});
  EXPECT_EQ(trigger(),
            R"({ type = "EncoderTurn", cc = 16, channel = 3, encoding = "offset-binary" })");
  control(16, {1, 1, 1, 65, 65, 66});
  EXPECT_EQ(trigger(),
            R"({ type = "EncoderTurn", cc = 16, channel = 3, encoding = "sign-magnitude" })");
  control(16, {1, 1, 1, 1, 1});
  EXPECT_EQ(trigger(),
            R"({ type = "EncoderTurn", cc = 16, channel = 3, encoding = "twos-complement" })");
  EXPECT_NE(advice_.find("one way only"), std::string::npos);
}

TEST_F(LearnerTest, AKnobThatSaysWhereItStands) {
  control(7, {60, 61, 62, 63, 64, 65, 66, 67, 66, 65});
  EXPECT_EQ(trigger(), R"({ type = "CC", cc = 7, channel = 3 })");
  control(7, {0, 1, 3, 4, 6, 7, 9});
  EXPECT_EQ(trigger(), R"({ type = "CC", cc = 7, channel = 3 })");
}

TEST_F(LearnerTest, AButtonThatSendsAController) {
  control(20, {127, 0});
  EXPECT_EQ(trigger(), R"({ type = "CC", cc = 20, channel = 3, value_min = 64, edge = "rising" })");
  control(20, {127, 0, 127, 0});
  EXPECT_EQ(trigger(), R"({ type = "CC", cc = 20, channel = 3, value_min = 64, edge = "rising" })");
}

// There is nothing that its value could rise from.
TEST_F(LearnerTest, AButtonThatSendsNothingWhenItIsLetGo) {
  control(20, {127});
  EXPECT_EQ(trigger(),
            R"({ type = "CC", cc = 20, channel = 3, value_min = 127, value_max = 127 })");
  EXPECT_NE(advice_.find("nothing when it was let go"), std::string::npos);
  control(20, {100, 100});
  EXPECT_EQ(trigger(),
            R"({ type = "CC", cc = 20, channel = 3, value_min = 100, value_max = 100 })");
}

TEST_F(LearnerTest, APairOfControllers) {
  for (const int value : {10, 11, 12}) {
    control(1, {value});
    control(33, {value * 7});
  }
  EXPECT_EQ(trigger(), R"({ type = "CC", cc = 1, channel = 3, high_resolution = true })");
}

TEST_F(LearnerTest, ParametersByTheirNumbers) {
  control(99, {1});
  control(98, {2});
  control(6, {64});
  EXPECT_EQ(trigger(), R"({ type = "NRPN", parameter = 130, channel = 3 })");
  control(101, {0});
  control(100, {5});
  control(6, {64});
  control(38, {1});
  EXPECT_EQ(trigger(), R"({ type = "RPN", parameter = 5, channel = 3, high_resolution = true })");
}

TEST_F(LearnerTest, AParameterThatIsClosedWithTheNullOne) {
  for (const int upper : {101, 99}) {
    control(upper, {0});
    control(upper - 1, {5});
    control(6, {64});
    control(38, {1});
    control(upper, {127});
    control(upper - 1, {127});
    control(6, {3});  // of none
    EXPECT_EQ(trigger(),
              upper == 101
                  ? R"({ type = "RPN", parameter = 5, channel = 3, high_resolution = true })"
                  : R"({ type = "NRPN", parameter = 5, channel = 3, high_resolution = true })");
  }
  // An RPN that is named to close an NRPN.
  control(99, {1});
  control(98, {2});
  control(6, {64});
  control(101, {127});
  control(100, {127});
  EXPECT_EQ(trigger(), R"({ type = "NRPN", parameter = 130, channel = 3 })");
}

TEST_F(LearnerTest, AllElseByItsKind) {
  send(0, MessageKind::pitch_bend, 0, 65);
  EXPECT_EQ(trigger(), R"({ type = "PitchBend", channel = 3 })");
  send(0, MessageKind::program_change, 5);
  EXPECT_EQ(trigger(), R"({ type = "ProgramChange", program = 5, channel = 3 })");
  send(0, MessageKind::channel_pressure, 5);
  EXPECT_EQ(trigger(), R"({ type = "Aftertouch", channel = 3 })");
  send(0, MessageKind::poly_pressure, 60, 5);
  EXPECT_EQ(trigger(), R"({ type = "Aftertouch", note = "C4", channel = 3 })");
  learner_.feed("pads", {0xFA, 0, 0}, {}, {});
  EXPECT_EQ(trigger(), R"({ type = "Start" })");
  const std::vector<std::uint8_t> bytes = {0x7E, 0x00, 0x06};
  learner_.feed("pads", {0xF0, 0, 0}, bytes, {});
  EXPECT_EQ(trigger(), R"({ type = "SysEx", pattern = "7E 00 06" })");
}

TEST_F(LearnerTest, AClockAndTheReleaseOfSomethingBeforeAreNothing) {
  learner_.feed("pads", {0xF8, 0, 0}, {}, {});
  learner_.feed("pads", {0xFE, 0, 0}, {}, {});
  release(0, 36);
  EXPECT_FALSE(learner_.next_deadline());
  EXPECT_EQ(trigger(), "nothing");
}

TEST_F(LearnerTest, WhatAnotherControllerSendsMeanwhileIsPassedOver) {
  press(0, 36);
  send(10, MessageKind::note_on, 37, 1, "other");
  release(100, 36);
  EXPECT_EQ(trigger(), R"({ type = "Note", note = "C2", channel = 3 })");
}

// Anything may come in.
TEST_F(LearnerTest, AFloodIsJudgedInBoundedMemory) {
  for (int i = 0; i < 100'000; ++i)
    control(i % 128, {i % 127});
  EXPECT_NE(trigger(), "nothing");
}

}  // namespace
}  // namespace midimon
