#include "mapping/mapper.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "events/detector.h"

namespace midimon {
namespace {

Mapping on(Trigger trigger, std::string description) {
  return {std::move(description), trigger, Action{Delay{}}, {}};
}

Gesture press(int note, int velocity = 100, int channel = 0) {
  return {{},
          NotePressed{static_cast<std::uint8_t>(channel), static_cast<std::uint8_t>(note),
                      static_cast<std::uint8_t>(velocity)}};
}

Gesture control(int controller, int value, int channel = 0) {
  return {{},
          ControlChanged{static_cast<std::uint8_t>(channel), static_cast<std::uint8_t>(controller),
                         static_cast<std::uint8_t>(value)}};
}

std::shared_ptr<const Profile> profile(std::vector<Mapping> first, std::vector<Mapping> second = {},
                                       std::vector<Mapping> global = {}) {
  Profile made;
  made.modes = {{"First", "", std::move(first)}, {"Second", "", std::move(second)}};
  made.global_mappings = std::move(global);
  return std::make_shared<const Profile>(std::move(made));
}

std::vector<std::string> matched(const Mapper& mapper, const Gesture& gesture) {
  std::vector<const Mapping*> found;
  mapper.match(gesture, found);
  std::vector<std::string> out;
  out.reserve(found.size());
  for (const Mapping* mapping : found)
    out.push_back(mapping->description);
  return out;
}

using Names = std::vector<std::string>;

TEST(Mapper, TheModesMappingsComeFirstInFileOrderThenTheGlobalOnes) {
  const Mapper mapper(
      profile({on(NoteTrigger{60}, "a"), on(NoteTrigger{61}, "b"), on(NoteTrigger{60}, "c")}, {},
              {on(NoteTrigger{60}, "d"), on(NoteTrigger{60}, "e")}));
  EXPECT_EQ(matched(mapper, press(60)), (Names{"a", "c", "d", "e"}));
  EXPECT_EQ(matched(mapper, press(61)), (Names{"b"}));
  EXPECT_EQ(matched(mapper, press(62)), Names{});
}

TEST(Mapper, OnlyTheCurrentModeCounts) {
  Mapper mapper(
      profile({on(NoteTrigger{60}, "a")}, {on(NoteTrigger{60}, "b")}, {on(NoteTrigger{60}, "g")}));
  EXPECT_EQ(mapper.mode_name(), "First");
  EXPECT_EQ(matched(mapper, press(60)), (Names{"a", "g"}));
  EXPECT_TRUE(mapper.set_mode(1));
  EXPECT_EQ(mapper.mode_name(), "Second");
  EXPECT_EQ(matched(mapper, press(60)), (Names{"b", "g"}));
}

TEST(Mapper, AModeThatDoesNotExistChangesNothing) {
  Mapper mapper(profile({}));
  EXPECT_FALSE(mapper.set_mode(2));
  EXPECT_EQ(mapper.mode(), 0U);
}

TEST(Mapper, VelocityAndChannelNarrowANoteAndBothEndsBelongToTheRange) {
  const Mapper mapper(profile({on(NoteTrigger{60, 3, 40, 80}, "a")}));
  EXPECT_EQ(matched(mapper, press(60, 40, 3)), Names{"a"});
  EXPECT_EQ(matched(mapper, press(60, 80, 3)), Names{"a"});
  EXPECT_EQ(matched(mapper, press(60, 39, 3)), Names{});
  EXPECT_EQ(matched(mapper, press(60, 81, 3)), Names{});
  EXPECT_EQ(matched(mapper, press(60, 60, 2)), Names{});
}

TEST(Mapper, ValueAndChannelNarrowAControlChange) {
  const Mapper mapper(
      profile({on(ControlTrigger{7, 1, 64, 127}, "a"), on(ControlTrigger{7}, "any")}));
  EXPECT_EQ(matched(mapper, control(7, 64, 1)), (Names{"a", "any"}));
  EXPECT_EQ(matched(mapper, control(7, 63, 1)), Names{"any"});
  EXPECT_EQ(matched(mapper, control(7, 64, 0)), Names{"any"});
  EXPECT_EQ(matched(mapper, control(8, 64, 1)), Names{});
}

TEST(Mapper, ANoteAndAControllerOfTheSameNumberAreNotTheSame) {
  const Mapper mapper(profile({on(NoteTrigger{7}, "note"), on(ControlTrigger{7}, "control")}));
  EXPECT_EQ(matched(mapper, press(7)), Names{"note"});
  EXPECT_EQ(matched(mapper, control(7, 1)), Names{"control"});
}

TEST(Mapper, NothingListensToAReleaseYet) {
  const Mapper mapper(profile({on(NoteTrigger{60}, "a")}));
  EXPECT_EQ(matched(mapper, {{}, NoteReleased{0, 60, 0}}), Names{});
}

TEST(Mapper, TheEndsOfTheRangeHaveTheirPlaces) {
  const Mapper mapper(profile({on(NoteTrigger{0}, "n0"), on(NoteTrigger{127}, "n127"),
                               on(ControlTrigger{0}, "c0"), on(ControlTrigger{127}, "c127")}));
  EXPECT_EQ(matched(mapper, press(0)), Names{"n0"});
  EXPECT_EQ(matched(mapper, press(127)), Names{"n127"});
  EXPECT_EQ(matched(mapper, control(0, 0)), Names{"c0"});
  EXPECT_EQ(matched(mapper, control(127, 0)), Names{"c127"});
}

TEST(Mapper, AMappingThatConsumesIsTheLastOne) {
  Mapping taking = on(NoteTrigger{60, std::nullopt, 64}, "taking");
  taking.consume = true;
  const Mapper mapper(
      profile({on(NoteTrigger{60}, "before"), std::move(taking), on(NoteTrigger{60}, "after")}, {},
              {on(NoteTrigger{60}, "global")}));
  EXPECT_EQ(matched(mapper, press(60, 64)), (Names{"before", "taking"}));
  EXPECT_EQ(matched(mapper, press(60, 63)), (Names{"before", "after", "global"}));
}

TEST(Mapper, AMappingCountsOnlyWhileItsConditionHolds) {
  Mapping in_second = on(NoteTrigger{60}, "in second");
  in_second.condition = Condition{ModeIsCondition{1, "Second"}};
  in_second.consume = true;
  Mapper mapper(profile({}, {}, {std::move(in_second), on(NoteTrigger{60}, "any")}));
  EXPECT_EQ(matched(mapper, press(60)), Names{"any"}) << "nor does it consume";
  mapper.set_mode(1);
  EXPECT_EQ(matched(mapper, press(60)), Names{"in second"});
}

TEST(Mapper, AGestureBelongsToTheModeItSays) {
  Mapper mapper(profile({on(ReleaseTrigger{60}, "a")}, {on(ReleaseTrigger{60}, "b")}));
  EXPECT_EQ(matched(mapper, {{}, NoteReleased{0, 60, 0}}), Names{"a"});
  EXPECT_EQ(matched(mapper, {{}, NoteReleased{0, 60, 0}, 1}), Names{"b"});
  mapper.set_mode(1);
  EXPECT_EQ(matched(mapper, {{}, NoteReleased{0, 60, 0}}), Names{"b"});
  EXPECT_EQ(matched(mapper, {{}, NoteReleased{0, 60, 0}, 0}), Names{"a"});
}

TEST(Mapper, AnEdgeLooksAtTheValueBefore) {
  const Mapper mapper(profile({on(ControlTrigger{7, std::nullopt, 64, 127, Edge::rising}, "up"),
                               on(ControlTrigger{7, std::nullopt, 0, 63, Edge::falling}, "down")}));
  const auto change = [](std::uint8_t previous, std::uint8_t value) {
    return Gesture{{}, ControlChanged{0, 7, value, previous}};
  };
  EXPECT_EQ(matched(mapper, change(0, 64)), Names{"up"});
  EXPECT_EQ(matched(mapper, change(64, 100)), Names{});
  EXPECT_EQ(matched(mapper, change(64, 63)), Names{"down"});
  EXPECT_EQ(matched(mapper, change(63, 0)), Names{});
}

// A trigger of each kind, as random as its ranges allow.
Trigger random_trigger(std::mt19937& random) {
  const auto byte = [&] { return static_cast<std::uint8_t>(random() % 4); };
  const std::optional<std::uint8_t> channel =
      random() % 2 == 0 ? std::nullopt : std::optional(byte());
  switch (random() % 12) {
    case 0:
      return NoteTrigger{byte(), channel, 0, 127, random() % 2 == 0};
    case 1:
      return ControlTrigger{byte(), channel, byte(), 127, static_cast<Edge>(random() % 3)};
    case 2:
      return ReleaseTrigger{byte(), channel};
    case 3:
      return HoldTrigger{byte(), channel, Nanos(1 + random() % 3)};
    case 4:
      return DoubleTapTrigger{byte(), channel, Nanos(1 + random() % 3)};
    case 5:
      return ChordTrigger{{{1, static_cast<std::uint8_t>(2 + random() % 3)}, channel, Nanos(50)}};
    case 6:
      return EncoderTrigger{byte(), channel, static_cast<Direction>(random() % 3)};
    case 7:
      return PressureTrigger{channel, random() % 2 == 0,
                             random() % 2 == 0 ? std::nullopt : std::optional(byte())};
    case 8:
      return ProgramTrigger{random() % 2 == 0 ? std::nullopt : std::optional(byte()), channel};
    case 9:
      return ParameterTrigger{static_cast<std::uint16_t>(random() % 2 * 128 + random() % 3),
                              channel, random() % 2 == 0};
    case 10:
      return BeatTrigger{1 + byte() % 3U, 0};
    default:
      return BendTrigger{channel, 0, static_cast<std::uint16_t>(random() % 16384)};
  }
}

TEST(Mapper, FindsByIndexExactlyWhatAScanOfAllMappingsFinds) {
  std::mt19937 random(20240616);  // NOLINT(cert-msc51-cpp): the same profiles on every run
  std::size_t found = 0;
  for (int round = 0; round < 20; ++round) {
    std::vector<Mapping> mappings;
    for (int i = 0; i < 60; ++i)
      mappings.push_back(on(random_trigger(random), std::to_string(i)));
    const Mapper mapper(profile(std::move(mappings)));
    Detector detector(mapper.rules());
    std::vector<Gesture> gestures;
    for (int i = 0; i < 2000; ++i) {
      const auto status =
          static_cast<std::uint8_t>(random() % 20 == 0 ? 0xF8 : 0x80 + random() % 0x70);
      const auto channel_status =
          static_cast<std::uint8_t>(status < 0xF0 ? (status & 0xF3U) : status);
      detector.feed({channel_status, static_cast<std::uint8_t>(random() % 5),
                     static_cast<std::uint8_t>(random() % 128)},
                    Nanos(i), gestures);
    }
    for (const Gesture& gesture : gestures) {
      Names scanned;
      for (const Mapping& mapping : mapper.profile()->modes[0].mappings) {
        if (matches(mapping.trigger, gesture, mapper.name_of(mapping.trigger))) {
          scanned.push_back(mapping.description);
        }
      }
      ASSERT_EQ(matched(mapper, gesture), scanned) << describe(gesture);
      found += scanned.size();
    }
  }
  EXPECT_GT(found, 10'000U);
}

TEST(Mapper, AMatchReplacesWhatWasFoundBefore) {
  const Mapper mapper(profile({on(NoteTrigger{60}, "a")}));
  std::vector<const Mapping*> found;
  mapper.match(press(60), found);
  mapper.match(press(61), found);
  EXPECT_TRUE(found.empty());
}

}  // namespace
}  // namespace midimon
