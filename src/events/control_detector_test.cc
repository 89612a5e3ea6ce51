#include "events/control_detector.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "events/detector.h"

namespace midimon {
namespace {

using std::chrono::milliseconds;

class Controls {
 public:
  explicit Controls(std::uint8_t bits = 0, std::uint8_t controller = 7) {
    GestureRulesBuilder builder;
    builder.add_control({}, controller, bits);
    detector_ = std::make_unique<Detector>(builder.build(1));
  }
  Controls& send(int controller, int value, int ms = 0) {
    detector_->feed(make_message(MessageKind::control_change, 0, controller, value),
                    milliseconds(ms), out_);
    return *this;
  }
  // All that came of kind T.
  template <typename T>
  [[nodiscard]] std::vector<T> told() const {
    std::vector<T> found;
    for (const Gesture& gesture : out_) {
      if (const auto* what = std::get_if<T>(&gesture.what)) found.push_back(*what);
    }
    return found;
  }
  // The steps of each turn.
  [[nodiscard]] std::vector<int> steps() const {
    std::vector<int> found;
    for (const EncoderTurned& turn : told<EncoderTurned>())
      found.push_back(turn.steps);
    return found;
  }

 private:
  std::unique_ptr<Detector> detector_;
  std::vector<Gesture> out_;
};

using Steps = std::vector<int>;

TEST(ControlDetector, AChangeKnowsWhatWasBefore) {
  EXPECT_EQ(Controls().send(7, 5).send(7, 9).send(8, 3).told<ControlChanged>(),
            (std::vector<ControlChanged>{{0, 7, 5, 0}, {0, 7, 9, 5}, {0, 8, 3, 0}}));
}

TEST(ControlDetector, AnAbsoluteEncoderTurnsByTheDifference) {
  EXPECT_EQ(Controls(bit_of(Encoding::absolute))
                .send(7, 60)
                .send(7, 62)
                .send(7, 62)
                .send(7, 61)
                .send(8, 1)
                .steps(),
            (Steps{2, -1}))
      << "the first value only says where it stands";
}

TEST(ControlDetector, AnAbsoluteEncoderGoesOnAtItsEnds) {
  EXPECT_EQ(Controls(bit_of(Encoding::absolute)).send(7, 126).send(7, 127).send(7, 127).steps(),
            (Steps{1, 1}));
  EXPECT_EQ(Controls(bit_of(Encoding::absolute)).send(7, 1).send(7, 0).send(7, 0).steps(),
            (Steps{-1, -1}));
}

TEST(ControlDetector, EachRelativeEncodingHasItsOwnMiddle) {
  EXPECT_EQ(Controls(bit_of(Encoding::twos_complement))
                .send(7, 1)
                .send(7, 127)
                .send(7, 63)
                .send(7, 64)
                .send(7, 0)
                .steps(),
            (Steps{1, -1, 63, -64}));
  EXPECT_EQ(Controls(bit_of(Encoding::offset_binary))
                .send(7, 65)
                .send(7, 63)
                .send(7, 64)
                .send(7, 127)
                .send(7, 0)
                .steps(),
            (Steps{1, -1, 63, -64}));
  EXPECT_EQ(Controls(bit_of(Encoding::sign_magnitude))
                .send(7, 1)
                .send(7, 65)
                .send(7, 63)
                .send(7, 127)
                .send(7, 64)
                .send(7, 0)
                .steps(),
            (Steps{1, -1, 63, -63}));
}

TEST(ControlDetector, ATurnKnowsHowLongAgoTheLastOneWas) {
  const auto turns = Controls(bit_of(Encoding::twos_complement))
                         .send(7, 1, 0)
                         .send(7, 1, 30)
                         .send(7, 127, 40)
                         .send(7, 127, 45)
                         .send(7, 127, 9000)
                         .told<EncoderTurned>();
  ASSERT_EQ(turns.size(), 5U);
  EXPECT_EQ(turns[0].interval, kSlowTurn);
  EXPECT_EQ(turns[1].interval, milliseconds(30));
  EXPECT_EQ(turns[2].interval, kSlowTurn) << "the other way";
  EXPECT_EQ(turns[3].interval, milliseconds(5));
  EXPECT_EQ(turns[4].interval, kSlowTurn);
}

TEST(ControlDetector, ControllersThatNobodyCallsEncodersDoNotTurn) {
  EXPECT_TRUE(Controls().send(7, 1).send(7, 2).steps().empty());
}

TEST(ControlDetector, APairOfControllersHasOneValueWhenItsLowerHalfComes) {
  EXPECT_EQ(
      Controls(kWideControl)
          .send(7, 1)
          .send(39, 2)
          .send(39, 3)
          .send(7, 127)
          .send(39, 127)
          .told<WideControlChanged>(),
      (std::vector<WideControlChanged>{{0, 7, 130, 0}, {0, 7, 131, 130}, {0, 7, 16383, 131}}));
  EXPECT_TRUE(Controls(kWideControl, 8).send(7, 1).send(39, 1).told<WideControlChanged>().empty());
}

TEST(ControlDetector, AnNrpnGetsItsValueByDataEntry) {
  EXPECT_EQ(Controls().send(99, 1).send(98, 2).send(6, 3).send(38, 4).told<ParameterChanged>(),
            (std::vector<ParameterChanged>{{0, false, false, 130, 3}, {0, false, true, 130, 388}}));
}

TEST(ControlDetector, AnRpnIsAnotherThanTheNrpnOfTheSameNumber) {
  const auto told = Controls().send(101, 0).send(100, 1).send(6, 64).told<ParameterChanged>();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0], (ParameterChanged{0, true, false, 1, 64}));
}

TEST(ControlDetector, StepsGoOnFromTheValueThatAParameterHas) {
  using Told = std::vector<ParameterChanged>;
  EXPECT_EQ(Controls()
                .send(99, 1)
                .send(98, 2)
                .send(6, 3)
                .send(96, 0)
                .send(97, 127)
                .send(97, 0)
                .told<ParameterChanged>(),
            (Told{{0, false, false, 130, 3},
                  {0, false, false, 130, 4},
                  {0, false, false, 130, 3},
                  {0, false, false, 130, 2}}));
  // 14 bits where the value came in 14 bits: over the edge of the halves, and on to data entry.
  EXPECT_EQ(Controls()
                .send(99, 1)
                .send(98, 2)
                .send(6, 3)
                .send(38, 127)
                .send(96, 0)
                .send(38, 1)
                .told<ParameterChanged>(),
            (Told{{0, false, false, 130, 3},
                  {0, false, true, 130, 511},
                  {0, false, true, 130, 512},
                  {0, false, true, 130, 513}}));
}

TEST(ControlDetector, StepsStayInRangeAndBelongToOneParameter) {
  using Told = std::vector<ParameterChanged>;
  EXPECT_EQ(Controls().send(101, 0).send(100, 1).send(97, 0).send(96, 0).told<ParameterChanged>(),
            (Told{{0, true, false, 1, 0}, {0, true, false, 1, 1}}))
      << "a value that nobody gave counts as 0";
  EXPECT_EQ(Controls().send(101, 0).send(100, 1).send(6, 127).send(96, 0).told<ParameterChanged>(),
            (Told{{0, true, false, 1, 127}, {0, true, false, 1, 127}}));
  // Many devices select the parameter again before each step.
  EXPECT_EQ(Controls()
                .send(99, 0)
                .send(98, 1)
                .send(96, 0)
                .send(99, 0)
                .send(98, 1)
                .send(96, 0)
                .send(98, 2)
                .send(96, 0)
                .told<ParameterChanged>(),
            (Told{{0, false, false, 1, 1}, {0, false, false, 1, 2}, {0, false, false, 2, 1}}));
  EXPECT_TRUE(Controls().send(96, 0).send(97, 0).told<ParameterChanged>().empty());
}

TEST(ControlDetector, WithoutAParameterDataEntryMeansNothing) {
  EXPECT_TRUE(Controls().send(6, 1).send(38, 1).told<ParameterChanged>().empty());
  EXPECT_TRUE(Controls()
                  .send(101, 0)
                  .send(100, 1)
                  .send(101, 127)
                  .send(100, 127)
                  .send(6, 1)
                  .told<ParameterChanged>()
                  .empty())
      << "127 and 127 select none";
}

TEST(Detector, PressuresBendsAndProgramsAreGestures) {
  Detector detector;
  std::vector<Gesture> out;
  detector.feed({0xA1, 60, 5}, {}, out);
  detector.feed({0xA1, 60, 6}, {}, out);
  detector.feed({0xD2, 7, 0}, {}, out);
  detector.feed({0xD2, 8, 0}, {}, out);
  detector.feed({0xE3, 0, 0x40}, {}, out);
  detector.feed({0xE3, 1, 0x40}, {}, out);
  detector.feed({0xC4, 9, 0}, {}, out);
  const std::vector<Gesture> expected = {{{}, NotePressureChanged{1, 60, 5, 0}},
                                         {{}, NotePressureChanged{1, 60, 6, 5}},
                                         {{}, PressureChanged{2, 7, 0}},
                                         {{}, PressureChanged{2, 8, 7}},
                                         {{}, BendChanged{3, 8192, 8192}},
                                         {{}, BendChanged{3, 8193, 8192}},
                                         {{}, ProgramChanged{4, 9}}};
  EXPECT_EQ(out, expected);
}

// The beats that come of so many ticks, 10 ms apart.
std::vector<BeatReached> tick(Detector& detector, int ticks, int& ms) {
  std::vector<Gesture> out;
  for (int i = 0; i < ticks; ++i, ms += 10)
    detector.feed({0xF8, 0, 0}, milliseconds(ms), out);
  std::vector<BeatReached> beats;
  beats.reserve(out.size());
  for (const Gesture& gesture : out)
    beats.push_back(std::get<BeatReached>(gesture.what));
  return beats;
}

TEST(Detector, EveryTwentyFourthTickOfTheClockIsABeat) {
  Detector detector;
  std::vector<Gesture> out;
  int ms = 0;
  EXPECT_EQ(tick(detector, 49, ms),
            (std::vector<BeatReached>{{0, {}}, {1, milliseconds(240)}, {2, milliseconds(240)}}));
  detector.feed({0xFA, 0, 0}, milliseconds(ms), out);
  EXPECT_EQ(tick(detector, 25, ms), (std::vector<BeatReached>{{0, {}}, {1, milliseconds(240)}}))
      << "a start begins anew";
}

TEST(Detector, AStoppedClockHasNoBeatsUntilItGoesOn) {
  Detector detector;
  std::vector<Gesture> out;
  int ms = 0;
  tick(detector, 30, ms);
  detector.feed({0xFC, 0, 0}, milliseconds(ms), out);
  EXPECT_TRUE(tick(detector, 100, ms).empty());
  detector.feed({0xFB, 0, 0}, milliseconds(ms), out);
  EXPECT_EQ(tick(detector, 19, ms), (std::vector<BeatReached>{{2, {}}})) << "where it stopped";
  detector.feed({0xFC, 0, 0}, milliseconds(ms), out);
  detector.feed({0xF2, 32, 0}, milliseconds(ms), out);
  detector.feed({0xFB, 0, 0}, milliseconds(ms), out);
  EXPECT_EQ(tick(detector, 1, ms), (std::vector<BeatReached>{{8, {}}})) << "32 sixteenths in";
  const std::vector<Gesture> transport = {
      {milliseconds(300), TransportChanged{Transport::stop}},
      {milliseconds(1300), TransportChanged{Transport::resume}},
      {milliseconds(1490), TransportChanged{Transport::stop}},
      {milliseconds(1490), TransportChanged{Transport::resume}}};
  EXPECT_EQ(out, transport);
}

TEST(Detector, AResetForgetsAllValues) {
  GestureRulesBuilder builder;
  builder.add_control({}, 7, bit_of(Encoding::absolute));
  Detector detector(builder.build(1));
  std::vector<Gesture> out;
  detector.feed({0xB0, 7, 5}, {}, out);
  detector.feed({0x90, 60, 5}, {}, out);
  detector.feed({0xFF, 0, 0}, {}, out);
  EXPECT_EQ(out.back().what, decltype(out.back().what)(NoteReleased{0, 60, 0}));
  out.clear();
  detector.feed({0xB0, 7, 6}, {}, out);
  const std::vector<Gesture> expected = {{{}, ControlChanged{0, 7, 6, 0}}};
  EXPECT_EQ(out, expected);
}

TEST(Detector, ASysexIsToldByThePatternsItIsLike) {
  GestureRulesBuilder builder;
  EXPECT_EQ(builder.add_pattern(*SysexPattern::parse("7E ?? 06 02 *")), 0U);
  EXPECT_EQ(builder.add_pattern(*SysexPattern::parse("43 10")), 1U);
  EXPECT_EQ(builder.add_pattern(*SysexPattern::parse("*")), 2U);
  EXPECT_EQ(builder.add_pattern(*SysexPattern::parse("F0 43 10 F7")), 1U);
  Detector detector(builder.build(1));
  std::vector<Gesture> out;
  detector.feed_sysex(std::vector<std::uint8_t>{0x7E, 0x11, 6, 2, 1, 2, 3}, {}, out);
  detector.feed_sysex(std::vector<std::uint8_t>{}, {}, out);
  detector.feed_sysex(std::vector<std::uint8_t>{0x43, 0x10}, {}, out);
  const std::vector<Gesture> expected = {{{}, SysexReceived{0, 0x11}},
                                         {{}, SysexReceived{2, 0}},
                                         {{}, SysexReceived{2, 0}},
                                         {{}, SysexReceived{1, 0}},
                                         {{}, SysexReceived{2, 0}}};
  EXPECT_EQ(out, expected);
}

TEST(SysexPattern, LeavesBytesOpen) {
  const auto matches = [](const char* pattern, std::vector<std::uint8_t> bytes) {
    return SysexPattern::parse(pattern)->matches(bytes);
  };
  EXPECT_TRUE(matches("F0 7E ?? 06 F7", {0x7E, 1, 6}));
  EXPECT_FALSE(matches("F0 7E ?? 06 F7", {0x7E, 6}));
  EXPECT_TRUE(matches("7e*06", {0x7E, 6}));
  EXPECT_TRUE(matches("7E * 06", {0x7E, 1, 2, 6}));
  EXPECT_FALSE(matches("7E * 06", {0x7E, 1, 2, 7}));
  EXPECT_FALSE(matches("7E 06 * 06", {0x7E, 6})) << "a byte is one byte";
  EXPECT_TRUE(matches("*", {}));
}

TEST(SysexPattern, IsWrittenInItsShortestForm) {
  EXPECT_EQ(SysexPattern::parse(" f07e??06 * f7 ")->text(), "7E ?? 06 *");
  EXPECT_EQ(SysexPattern::parse("01 * ??")->open_byte(std::vector<std::uint8_t>{1, 2, 3}), 3);
  EXPECT_EQ(SysexPattern::parse("?? 01")->first(), std::nullopt);
}

TEST(SysexPattern, RefusesWhatIsNone) {
  for (const char* text : {"", "F0 F7", "7", "7E 8", "80", "G0", "F7 01", "* *", "? ?", "01 F0"})
    EXPECT_FALSE(SysexPattern::parse(text)) << text;
  EXPECT_EQ(SysexPattern::parse("01 90").error().message,
            "a sysex pattern is bytes such as \"7E ?? 06 01 *\": 90 is no data byte, 00 to 7F are");
}

TEST(Detector, AnyMessagesInAnyOrderNeverCrashIt) {
  std::mt19937 random(20240615);  // NOLINT(cert-msc51-cpp): the same messages on every run
  GestureRulesBuilder builder;
  for (std::uint8_t controller = 0; controller < 128; ++controller) {
    builder.add_control({}, controller, static_cast<std::uint8_t>(random() % 32));
    builder.add_hold({}, {}, controller, milliseconds(1 + random() % 9));
  }
  Detector detector(builder.build(1));
  std::vector<Gesture> out;
  for (int i = 0; i < 100'000; ++i) {
    const auto status = static_cast<std::uint8_t>(0x80 + random() % 0x80);
    detector.feed({status, static_cast<std::uint8_t>(random() % 128),
                   static_cast<std::uint8_t>(random() % 128)},
                  milliseconds(i), out);
    for (const Gesture& gesture : out)
      EXPECT_FALSE(describe(gesture).empty());
    out.clear();
  }
}

}  // namespace
}  // namespace midimon
