#include "mapping/mapper.h"

#include <gtest/gtest.h>

#include <string>

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

TEST(Mapper, AMatchReplacesWhatWasFoundBefore) {
  const Mapper mapper(profile({on(NoteTrigger{60}, "a")}));
  std::vector<const Mapping*> found;
  mapper.match(press(60), found);
  mapper.match(press(61), found);
  EXPECT_TRUE(found.empty());
}

}  // namespace
}  // namespace midimon
