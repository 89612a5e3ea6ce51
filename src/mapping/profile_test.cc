#include "mapping/profile.h"

#include <gtest/gtest.h>

#include <string>

#include "toml/closest.h"

namespace midimon {
namespace {

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
