#include "events/detector.h"

#include <gtest/gtest.h>

namespace midimon {
namespace {

using std::chrono::milliseconds;

std::vector<Gesture> feed(const Message& message, Nanos at = {}) {
  std::vector<Gesture> out;
  Detector().feed(message, at, out);
  return out;
}

TEST(Detector, ANoteOnIsAPressWithItsVelocityAndTime) {
  const std::vector<Gesture> expected = {{milliseconds(5), NotePressed{2, 60, 100}}};
  EXPECT_EQ(feed(make_message(MessageKind::note_on, 2, 60, 100), milliseconds(5)), expected);
}

TEST(Detector, ANoteOffIsARelease) {
  const std::vector<Gesture> expected = {{{}, NoteReleased{2, 60, 64}}};
  EXPECT_EQ(feed(make_message(MessageKind::note_off, 2, 60, 64)), expected);
}

TEST(Detector, ANoteOnWithVelocityZeroIsARelease) {
  const std::vector<Gesture> expected = {{{}, NoteReleased{0, 60, 0}}};
  EXPECT_EQ(feed(make_message(MessageKind::note_on, 0, 60, 0)), expected);
}

TEST(Detector, AControlChangeIsAGesture) {
  const std::vector<Gesture> expected = {{{}, ControlChanged{15, 7, 127}}};
  EXPECT_EQ(feed(make_message(MessageKind::control_change, 15, 7, 127)), expected);
}

TEST(Detector, NothingComesOfMessagesThatNobodyCanMean) {
  for (const std::uint8_t status : {0xF1, 0xF2, 0xF3, 0xF6, 0xFE, 0xFF})
    EXPECT_TRUE(feed({status, 1, 2}).empty()) << int{status};
}

TEST(Detector, AppendsToWhatIsThere) {
  Detector detector;
  std::vector<Gesture> out;
  detector.feed(make_message(MessageKind::note_on, 0, 60, 1), milliseconds(1), out);
  detector.feed(make_message(MessageKind::note_on, 0, 60, 2), milliseconds(2), out);
  ASSERT_EQ(out.size(), 2U) << "a second press of a held note is a press";
  EXPECT_EQ(out[1].at, milliseconds(2));
}

TEST(Gesture, OnlyAPressHasAVelocity) {
  EXPECT_EQ(velocity_of({{}, NotePressed{0, 60, 99}}), 99);
  EXPECT_EQ(velocity_of({{}, NoteReleased{0, 60, 99}}), std::nullopt);
  EXPECT_EQ(velocity_of({{}, ControlChanged{0, 7, 99}}), std::nullopt);
}

}  // namespace
}  // namespace midimon
