#include "base/places.h"

#include <gtest/gtest.h>

#include <map>

namespace midimon {
namespace {

Environment fake(std::map<std::string, std::string> variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return {};
    return found->second;
  };
}

TEST(Places, FollowXdgDefaultsOnLinux) {
  const auto places = find_places(Platform::linux, fake({{"HOME", "/home/ada"}}));
  ASSERT_TRUE(places);
  EXPECT_EQ(places->config, "/home/ada/.config/midimon");
  EXPECT_EQ(places->data, "/home/ada/.local/share/midimon");
  EXPECT_EQ(places->state, "/home/ada/.local/state/midimon");
  EXPECT_EQ(places->cache, "/home/ada/.cache/midimon");
  EXPECT_EQ(places->plugin_data("obs"), "/home/ada/.local/share/midimon/plugin-data/obs");
  EXPECT_EQ(places->shared(), "/home/ada/.local/share/midimon/shared");
  EXPECT_EQ(places->downloads(), "/home/ada/.cache/midimon/downloads");
}

TEST(Places, FollowXdgVariablesOnLinux) {
  const auto places = find_places(Platform::linux, fake({{"HOME", "/home/ada"},
                                                         {"XDG_DATA_HOME", "/d"},
                                                         {"XDG_CONFIG_HOME", "/c"},
                                                         {"XDG_STATE_HOME", "/s"},
                                                         {"XDG_CACHE_HOME", "/k"},
                                                         {"XDG_RUNTIME_DIR", "/run/user/7"}}));
  ASSERT_TRUE(places);
  EXPECT_EQ(places->config, "/c/midimon");
  EXPECT_EQ(places->data, "/d/midimon");
  EXPECT_EQ(places->state, "/s/midimon");
  EXPECT_EQ(places->cache, "/k/midimon");
  EXPECT_EQ(places->runtime, "/run/user/7/midimon");
}

TEST(Places, IgnoreRelativeVariablesAsXdgAsks) {
  const auto places =
      find_places(Platform::linux, fake({{"HOME", "/home/ada"}, {"XDG_DATA_HOME", "relative"}}));
  ASSERT_TRUE(places);
  EXPECT_EQ(places->data, "/home/ada/.local/share/midimon");
}

TEST(Places, AreUnderLibraryOnMacos) {
  const auto places = find_places(Platform::macos, fake({{"HOME", "/Users/ada"}}));
  ASSERT_TRUE(places);
  EXPECT_EQ(places->data, "/Users/ada/Library/Application Support/midimon");
  EXPECT_EQ(places->config, "/Users/ada/Library/Application Support/midimon/config");
  EXPECT_EQ(places->cache, "/Users/ada/Library/Caches/midimon");
}

TEST(Places, AreInAppDataOnWindows) {
  const auto places =
      find_places(Platform::windows, fake({{"APPDATA", "C:\\Users\\ada\\AppData\\Roaming"},
                                           {"LOCALAPPDATA", "C:\\Users\\ada\\AppData\\Local"}}));
  ASSERT_TRUE(places);
  EXPECT_EQ(places->config, "C:\\Users\\ada\\AppData\\Roaming\\midimon");
  EXPECT_EQ(places->plugin_data("obs"),
            "C:\\Users\\ada\\AppData\\Local\\midimon\\data\\plugin-data\\obs");
}

TEST(Places, AllLieBelowMidimonHome) {
  for (const Platform platform : {Platform::linux, Platform::macos}) {
    const auto places = find_places(platform, fake({{"MIDIMON_HOME", "/m"}, {"HOME", "/h"}}));
    ASSERT_TRUE(places);
    EXPECT_EQ(places->config, "/m/config");
    EXPECT_EQ(places->data, "/m/data");
    EXPECT_EQ(places->state, "/m/state");
    EXPECT_EQ(places->cache, "/m/cache");
    EXPECT_EQ(places->runtime, "/m/run");
  }
  const auto windows = find_places(Platform::windows, fake({{"MIDIMON_HOME", "D:\\m"}}));
  ASSERT_TRUE(windows);
  EXPECT_EQ(windows->data, "D:\\m\\data");
}

TEST(Places, SayWhatToSetWhereThereIsNoHome) {
  for (const Platform platform : {Platform::linux, Platform::macos, Platform::windows}) {
    const auto places = find_places(platform, fake({}));
    ASSERT_FALSE(places);
    EXPECT_NE(places.error().message.find("MIDIMON_HOME"), std::string::npos);
  }
  const auto relative = find_places(Platform::linux, fake({{"MIDIMON_HOME", "here"}}));
  ASSERT_FALSE(relative);
  EXPECT_EQ(relative.error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace midimon
