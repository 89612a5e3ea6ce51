#include "events/note_detector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "events/detector.h"

namespace midimon {
namespace {

using std::chrono::milliseconds;
using Lines = std::vector<std::string>;

constexpr std::uint8_t kPad = 60;  // C4
constexpr std::uint8_t kE = 64;
constexpr std::uint8_t kG = 67;

// Plays presses and releases in virtual time and tells what came of them, one line each.
class Player {
 public:
  explicit Player(const GestureRulesBuilder& builder, std::size_t modes = 1)
      : detector_(builder.build(modes)) {}

  Player& press(int ms, std::uint8_t note = kPad, std::uint8_t velocity = 100) {
    detector_.feed(make_message(MessageKind::note_on, 0, note, velocity), milliseconds(ms), out_);
    return *this;
  }
  Player& release(int ms, std::uint8_t note = kPad) {
    detector_.feed(make_message(MessageKind::note_off, 0, note), milliseconds(ms), out_);
    return *this;
  }
  Player& wait(int ms) {
    detector_.advance(milliseconds(ms), out_);
    return *this;
  }
  Player& disconnect(int ms) {
    detector_.disconnect(milliseconds(ms), out_);
    return *this;
  }
  Player& mode(std::size_t mode) {
    detector_.set_mode(mode);
    return *this;
  }

  // Without the gestures that tell that a press may yet become something.
  [[nodiscard]] Lines told() const {
    Lines lines;
    for (const Gesture& gesture : out_) {
      const auto* press = std::get_if<NotePressed>(&gesture.what);
      if (press != nullptr && press->stage == Stage::begun) continue;
      const auto ms = std::chrono::duration_cast<milliseconds>(gesture.at).count();
      std::string text = describe(gesture);
      lines.push_back(std::to_string(ms) + " " + text.substr(0, text.find(", ")));
    }
    return lines;
  }
  [[nodiscard]] const std::vector<Gesture>& gestures() const { return out_; }
  [[nodiscard]] const Detector& detector() const { return detector_; }

 private:
  Detector detector_;
  std::vector<Gesture> out_;
};

GestureRulesBuilder with_hold(int ms = 2000) {
  GestureRulesBuilder builder;
  builder.add_hold({}, {}, kPad, milliseconds(ms));
  return builder;
}
GestureRulesBuilder with_double_tap(int ms = 300) {
  GestureRulesBuilder builder;
  builder.add_double_tap({}, {}, kPad, milliseconds(ms));
  return builder;
}
GestureRulesBuilder with_both() {
  GestureRulesBuilder builder = with_hold();
  builder.add_double_tap({}, {}, kPad, milliseconds(300));
  return builder;
}
GestureRulesBuilder with_chords() {
  GestureRulesBuilder builder;
  builder.add_chord({}, {{kPad, kE}, {}, milliseconds(50)});
  builder.add_chord({}, {{kPad, kE, kG}, {}, milliseconds(50)});
  return builder;
}

TEST(NoteDetector, APressThatCanBecomeNothingElseIsToldAtOnce) {
  Player player(with_hold());
  player.press(5, kE).release(9, kE);
  EXPECT_EQ(player.told(), (Lines{"5 note E4 pressed", "9 note E4 released"}));
  EXPECT_EQ(player.detector().next_deadline(), std::nullopt);
}

TEST(NoteDetector, APressThatMayBecomeMoreIsToldAsBegunFirst) {
  Player player(with_hold());
  player.press(5);
  ASSERT_EQ(player.gestures().size(), 1U);
  EXPECT_EQ(std::get<NotePressed>(player.gestures()[0].what).stage, Stage::begun);
  EXPECT_EQ(player.detector().next_deadline(), milliseconds(2005));
}

TEST(NoteDetector, AShortPressOfANoteThatCanBeHeldIsAPressAtItsRelease) {
  EXPECT_EQ(Player(with_hold()).press(0).release(1999).told(),
            (Lines{"1999 note C4 pressed (decided)", "1999 note C4 released"}));
}

TEST(NoteDetector, ALongPressIsToldWhenItsTimeIsOverAndIsNoPress) {
  EXPECT_EQ(Player(with_hold()).press(0).wait(5000).release(5000).told(),
            (Lines{"2000 note C4 held for 2s", "5000 note C4 released"}));
}

TEST(NoteDetector, AReleaseAtTheVeryMomentIsTooLate) {
  EXPECT_EQ(Player(with_hold()).press(0).release(2000).told(),
            (Lines{"2000 note C4 held for 2s", "2000 note C4 released"}));
}

TEST(NoteDetector, EachOfSeveralHoldsIsToldInItsTurn) {
  GestureRulesBuilder builder = with_hold(500);
  builder.add_hold({}, {}, kPad, milliseconds(1000));
  builder.add_hold({}, {}, kPad, milliseconds(500));
  EXPECT_EQ(
      Player(builder).press(0).release(700).press(800).wait(3000).release(3000).told(),
      (Lines{"500 note C4 held for 500ms", "700 note C4 released", "1300 note C4 held for 500ms",
             "1800 note C4 held for 1s", "3000 note C4 released"}));
}

TEST(NoteDetector, TwoQuickPressesAreADoubleTapAndNoPress) {
  EXPECT_EQ(Player(with_double_tap()).press(0).release(80).press(200).release(260).told(),
            (Lines{"200 note C4 tapped twice within 200ms", "260 note C4 released"}));
}

TEST(NoteDetector, OneTapIsAPressWhenTheTimeForAnotherIsOver) {
  EXPECT_EQ(Player(with_double_tap()).press(0).release(80).wait(1000).told(),
            (Lines{"300 note C4 pressed (decided)", "300 note C4 released"}));
  EXPECT_EQ(Player(with_double_tap()).press(0).wait(400).release(400).told(),
            (Lines{"300 note C4 pressed (decided)", "400 note C4 released"}));
}

TEST(NoteDetector, ASecondTapAtTheVeryMomentIsTooLate) {
  EXPECT_EQ(Player(with_double_tap()).press(0).release(80).press(300).release(350).wait(900).told(),
            (Lines{"300 note C4 pressed (decided)", "300 note C4 released",
                   "600 note C4 pressed (decided)", "600 note C4 released"}));
}

TEST(NoteDetector, ThreeTapsAreADoubleTapAndAPress) {
  EXPECT_EQ(Player(with_double_tap())
                .press(0)
                .release(50)
                .press(100)
                .release(150)
                .press(200)
                .release(250)
                .wait(900)
                .told(),
            (Lines{"100 note C4 tapped twice within 100ms", "150 note C4 released",
                   "500 note C4 pressed (decided)", "500 note C4 released"}));
}

TEST(NoteDetector, ASecondPressWithoutAReleaseBetweenIsADoubleTapToo) {
  EXPECT_EQ(Player(with_double_tap()).press(0).press(100).release(150).told(),
            (Lines{"100 note C4 tapped twice within 100ms", "150 note C4 released"}));
}

TEST(NoteDetector, OfAPressThatMayBeHeldOrTappedTwiceOneThingComes) {
  EXPECT_EQ(Player(with_both()).press(0).release(100).wait(3000).told(),
            (Lines{"300 note C4 pressed (decided)", "300 note C4 released"}));
  EXPECT_EQ(Player(with_both()).press(0).release(900).told(),
            (Lines{"900 note C4 pressed (decided)", "900 note C4 released"}));
  EXPECT_EQ(Player(with_both()).press(0).wait(2500).release(2500).told(),
            (Lines{"2000 note C4 held for 2s", "2500 note C4 released"}));
  EXPECT_EQ(Player(with_both()).press(0).release(100).press(200).wait(5000).release(5000).told(),
            (Lines{"200 note C4 tapped twice within 200ms", "5000 note C4 released"}))
      << "a double tap that is held is no long press";
}

TEST(NoteDetector, NotesThatComeDownTogetherAreAChordAndNoPresses) {
  GestureRulesBuilder builder;
  builder.add_chord({}, {{kPad, kE}, {}, milliseconds(50)});
  EXPECT_EQ(Player(builder).press(0).press(30, kE).release(90).release(95, kE).told(),
            (Lines{"30 chord pressed", "90 note C4 released", "95 note E4 released"}));
}

TEST(NoteDetector, NotesThatComeDownApartArePresses) {
  GestureRulesBuilder builder;
  builder.add_chord({}, {{kPad, kE}, {}, milliseconds(50)});
  EXPECT_EQ(Player(builder).press(0).press(50, kE).wait(200).told(),
            (Lines{"50 note C4 pressed (decided)", "100 note E4 pressed (decided)"}));
  EXPECT_EQ(Player(builder).press(0).release(20).press(30, kE).wait(200).told(),
            (Lines{"20 note C4 pressed (decided)", "20 note C4 released",
                   "80 note E4 pressed (decided)"}));
}

TEST(NoteDetector, ALargerChordIsWaitedForAndWins) {
  EXPECT_EQ(Player(with_chords()).press(0).press(10, kE).press(40, kG).told(),
            (Lines{"40 chord pressed"}));
  Player small(with_chords());
  small.press(0).press(10, kE).wait(200);
  EXPECT_EQ(small.told(), (Lines{"50 chord pressed"}));
  EXPECT_EQ(std::get<ChordPressed>(small.gestures().back().what).chord, 0U);
}

TEST(NoteDetector, AChordWaitsNoLongerThanALargerOneCanCome) {
  GestureRulesBuilder builder = with_chords();
  builder.add_chord({}, {{kPad, 72}, {}, milliseconds(500)});  // no part of it has the other
  EXPECT_EQ(Player(builder).press(0).press(10, kE).wait(1000).told(), (Lines{"50 chord pressed"}));
}

TEST(NoteDetector, AReleaseEndsTheWaitForALargerChord) {
  EXPECT_EQ(Player(with_chords()).press(0).press(10, kE).release(20).told(),
            (Lines{"20 chord pressed", "20 note C4 released"}));
}

TEST(NoteDetector, AChordIsAsHardAsItsHardestNote) {
  Player player(with_chords());
  player.press(0, kPad, 30).press(10, kE, 90).press(20, kG, 50);
  EXPECT_EQ(velocity_of(player.gestures().back()), 90);
}

TEST(NoteDetector, AChordBeatsHoldsAndDoubleTaps) {
  GestureRulesBuilder builder = with_both();
  builder.add_chord({}, {{kPad, kE}, {}, milliseconds(50)});
  EXPECT_EQ(
      Player(builder).press(0).press(10, kE).wait(3000).release(3000).release(3001, kE).told(),
      (Lines{"10 chord pressed", "3000 note C4 released", "3001 note E4 released"}));
  EXPECT_EQ(Player(builder).press(0).wait(3000).told(), (Lines{"2000 note C4 held for 2s"}));
  EXPECT_EQ(Player(builder).press(0).release(20).press(100).told(),
            (Lines{"100 note C4 tapped twice within 100ms"}));
}

TEST(NoteDetector, AHoldThatIsShorterThanTheWaitForAChordIsToldAfterIt) {
  GestureRulesBuilder builder = with_hold(10);
  builder.add_chord({}, {{kPad, kE}, {}, milliseconds(50)});
  EXPECT_EQ(Player(builder).press(0).wait(60).told(), (Lines{"50 note C4 held for 10ms"}));
  EXPECT_EQ(Player(builder).press(0).release(30).told(),
            (Lines{"30 note C4 held for 10ms", "30 note C4 released"}));
}

TEST(NoteDetector, NotesOfAnotherChannelArePartOfNoChord) {
  GestureRulesBuilder builder;
  builder.add_chord({}, {{kPad, kE}, {}, milliseconds(50)});
  Detector detector(builder.build(1));
  std::vector<Gesture> out;
  detector.feed(make_message(MessageKind::note_on, 0, kPad, 1), milliseconds(0), out);
  detector.feed(make_message(MessageKind::note_on, 1, kE, 1), milliseconds(10), out);
  detector.advance(milliseconds(500), out);
  for (const Gesture& gesture : out)
    EXPECT_FALSE(std::holds_alternative<ChordPressed>(gesture.what));
}

TEST(NoteDetector, APressKeepsTheRulesAndTheModeItBeganWith) {
  GestureRulesBuilder builder;
  builder.add_hold(0, {}, kPad, milliseconds(500));
  Player player(builder, 2);
  player.press(0).mode(1).wait(600).release(700).press(800);
  EXPECT_EQ(player.told(),
            (Lines{"500 note C4 held for 500ms", "700 note C4 released", "800 note C4 pressed"}));
  EXPECT_EQ(player.gestures()[1].mode, 0U);
  EXPECT_EQ(player.gestures()[2].mode, 0U) << "also the release";
}

TEST(NoteDetector, ADisconnectReleasesWhatIsDownAndForgetsWhatWasNotDecided) {
  GestureRulesBuilder builder = with_both();
  Player player(builder);
  player.press(0).press(1, kE).disconnect(100);
  EXPECT_EQ(player.told(),
            (Lines{"1 note E4 pressed", "100 note C4 released", "100 note E4 released"}));
  EXPECT_EQ(player.detector().next_deadline(), std::nullopt);
  Player tapped(builder);
  EXPECT_EQ(tapped.press(0).release(50).disconnect(100).wait(900).told(),
            (Lines{"100 note C4 released"}));
}

TEST(NoteDetector, AllNotesOffReleasesTheNotesOfItsChannel) {
  Detector detector;
  std::vector<Gesture> out;
  detector.feed({0x90, kPad, 1}, {}, out);
  detector.feed({0x91, kPad, 1}, {}, out);
  out.clear();
  detector.feed({0xB0, 123, 0}, {}, out);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(std::get<NoteReleased>(out[1].what), (NoteReleased{0, kPad, 0}));
}

// Rules on a handful of notes, whatever comes to mind.
GestureRulesBuilder random_rules(std::mt19937& random) {
  GestureRulesBuilder builder;
  const auto ms = [&](unsigned most) { return milliseconds(1 + random() % most); };
  const auto note = [&] { return static_cast<std::uint8_t>(kPad + random() % 6); };
  for (int i = 0; i < 6; ++i) {
    builder.add_hold({}, {}, note(), ms(400));
    if (random() % 2 == 0) builder.add_double_tap(i % 2, {}, note(), ms(200));
    std::vector<std::uint8_t> notes = {note(), note(), note()};
    std::sort(notes.begin(), notes.end());
    notes.erase(std::unique(notes.begin(), notes.end()), notes.end());
    if (notes.size() > 1) builder.add_chord({}, {notes, {}, ms(80)});
  }
  return builder;
}

// What may come of the presses of one note: it begins, is told once what it was, and is released.
class OneNote {
 public:
  void take(const Gesture& gesture) {
    if (const auto* press = std::get_if<NotePressed>(&gesture.what)) {
      if (press->stage == Stage::begun) return;
      EXPECT_FALSE(open_);
      open_ = true;
    } else if (std::holds_alternative<NoteDoubleTapped>(gesture.what)) {
      EXPECT_FALSE(open_);
      open_ = true;
    } else if (std::holds_alternative<NoteReleased>(gesture.what)) {
      open_ = false;
    }
  }
  [[nodiscard]] bool open() const { return open_; }

 private:
  bool open_ = false;
};

TEST(NoteDetector, WhateverIsPlayedEveryPressHasItsReleaseAndTimeNeverGoesBack) {
  std::mt19937 random(20240612);  // NOLINT(cert-msc51-cpp): the same play on every run
  for (int round = 0; round < 500; ++round) {
    Detector detector(random_rules(random).build(2));
    std::vector<Gesture> out;
    std::map<int, bool> down;
    Nanos now{};
    for (int i = 0; i < 200; ++i) {
      now += milliseconds(random() % 60);
      const int note = kPad + static_cast<int>(random() % 6);
      if (random() % 20 == 0) detector.set_mode(random() % 2);
      if (random() % 5 == 0) detector.advance(now, out);
      // No press of what is down: that is a press again, of which the test could not tell.
      const MessageKind kind = down[note] ? MessageKind::note_off : MessageKind::note_on;
      down[note] = !down[note];
      detector.feed(make_message(kind, 0, note, 1), now, out);
    }
    detector.disconnect(now, out);
    EXPECT_EQ(detector.next_deadline(), std::nullopt);
    std::map<int, OneNote> notes;
    Nanos last{};
    for (const Gesture& gesture : out) {
      EXPECT_GE(gesture.at, last);
      last = gesture.at;
      if (const auto* press = std::get_if<NotePressed>(&gesture.what)) {
        notes[press->note].take(gesture);
      } else if (const auto* tap = std::get_if<NoteDoubleTapped>(&gesture.what)) {
        notes[tap->note].take(gesture);
      } else if (const auto* release = std::get_if<NoteReleased>(&gesture.what)) {
        notes[release->note].take(gesture);
      }
    }
    for (const auto& [note, state] : notes)
      EXPECT_FALSE(state.open()) << note;
  }
}

TEST(NoteDetector, HowOftenItIsToldTheTimeChangesNothing) {
  std::mt19937 random(20240613);  // NOLINT(cert-msc51-cpp)
  for (int round = 0; round < 100; ++round) {
    const auto rules = random_rules(random).build(2);
    Detector seldom(rules);
    Detector often(rules);
    std::vector<Gesture> told_seldom;
    std::vector<Gesture> told_often;
    Nanos now{};
    for (int i = 0; i < 100; ++i) {
      const Nanos next = now + milliseconds(random() % 100);
      for (; now < next; now += milliseconds(1))
        often.advance(now, told_often);
      now = next;
      const Message message =
          make_message(random() % 2 == 0 ? MessageKind::note_on : MessageKind::note_off, 0,
                       kPad + static_cast<int>(random() % 6), 1);
      seldom.feed(message, now, told_seldom);
      often.feed(message, now, told_often);
    }
    EXPECT_EQ(told_seldom, told_often);
  }
}

TEST(KeyTimers, GiveTheEarliestFirstAndEqualOnesByKey) {
  std::mt19937 random(20240614);  // NOLINT(cert-msc51-cpp)
  KeyTimers timers;
  std::map<std::uint16_t, Nanos> model;
  for (int i = 0; i < 20'000; ++i) {
    const auto key = static_cast<std::uint16_t>(random() % 40);
    if (random() % 3 == 0) {
      timers.clear(key);
      model.erase(key);
    } else {
      const Nanos deadline(random() % 50);
      timers.set(key, deadline);
      model[key] = deadline;
    }
    ASSERT_EQ(timers.next().has_value(), !model.empty());
    if (model.empty()) continue;
    const auto first =
        std::min_element(model.begin(), model.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    ASSERT_EQ(timers.next(), first->second);
    ASSERT_EQ(timers.first(), first->first);
  }
}

}  // namespace
}  // namespace midimon
