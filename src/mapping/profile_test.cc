#include "mapping/profile.h"

#include <gtest/gtest.h>

#include <string>

#include "toml/closest.h"

namespace midimon {
namespace {

TEST(ParseNote, C4Is60) {
  EXPECT_EQ(parse_note("C4"), 60);
  EXPECT_EQ(parse_note("A4"), 69);
  EXPECT_EQ(parse_note("F#3"), 54);
  EXPECT_EQ(parse_note("Eb2"), 39);
  EXPECT_EQ(parse_note("C-1"), 0);
  EXPECT_EQ(parse_note("G9"), 127);
}

TEST(ParseNote, SharpsAndFlatsMayCrossAnOctaveAndRepeat) {
  EXPECT_EQ(parse_note("Cb4"), 59);
  EXPECT_EQ(parse_note("B#3"), 60);
  EXPECT_EQ(parse_note("bb3"), 58);
  EXPECT_EQ(parse_note("F##3"), 55);
}

TEST(ParseNote, RefusesWhatIsNoNote) {
  for (const char* name : {"", "C", "4", "H4", "C4 ", " C4", "C#", "C4#", "Cb-1", "G#9", "C10",
                           "C--1", "C+4", "C99999999999", "C-2"}) {
    EXPECT_EQ(parse_note(name), std::nullopt) << name;
  }
}

TEST(PluginId, IsOfSafeLettersAndNeverAPath) {
  for (const char* id : {"a", "0", "practice-log", "org.example.obs_2", "a.b-c_d"}) {
    EXPECT_TRUE(is_plugin_id(id)) << id;
  }
  EXPECT_TRUE(is_plugin_id(std::string(64, 'a')));
  EXPECT_FALSE(is_plugin_id(std::string(65, 'a')));
  for (const char* id :
       {"", "A", ".", "..", "a..b", "a/b", "-a", "a-", ".a", "a.", "a b", "\xC3\xA9", "a\n"}) {
    EXPECT_FALSE(is_plugin_id(id)) << id;
  }
}

TEST(Closest, FindsASmallSlipWhateverTheCase) {
  const std::string_view known[] = {"velocity_min", "velocity_max", "note", "channel"};
  EXPECT_EQ(closest("velocty_min", known), "velocity_min");
  EXPECT_EQ(closest("NOTE", known), "note");
  EXPECT_EQ(closest("chanel", known), "channel");
  EXPECT_EQ(closest("noet", known), "note") << "two letters swapped are one slip";
}

TEST(Closest, DoesNotGuessWildly) {
  const std::string_view known[] = {"note", "channel"};
  EXPECT_EQ(closest("scene", known), std::nullopt);
  EXPECT_EQ(closest("", known), std::nullopt);
  EXPECT_EQ(closest(std::string(5000, 'n'), known), std::nullopt);
}

}  // namespace
}  // namespace midimon
