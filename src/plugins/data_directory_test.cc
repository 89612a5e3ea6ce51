#include "plugins/data_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace midimon::plugins {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class DataDirectory : public ::testing::Test {
 protected:
  DataDirectory() {
    std::string name = (fs::temp_directory_path() / "midimon-test-XXXXXX").string();
    home_ = ::mkdtemp(name.data());
    places_.data = (home_ / "share" / "midimon").string();
  }
  ~DataDirectory() override {
    std::error_code ignored;
    fs::remove_all(home_, ignored);
  }
  static mode_t mode_of(const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
  }

  fs::path home_;
  Places places_;
};

TEST_F(DataDirectory, IsMadeOnDemandForTheOwnerAlone) {
  for (const mode_t mask : {0000U, 0027U, 0777U}) {
    const mode_t before = ::umask(mask);
    const auto fd = open_plugin_data(places_, "obs");
    ::umask(before);
    ASSERT_TRUE(fd) << fd.error().message;
    EXPECT_EQ(mode_of(places_.data), 0700U);
    EXPECT_EQ(mode_of(places_.data + "/plugin-data"), 0700U);
    EXPECT_EQ(mode_of(places_.plugin_data("obs")), 0700U);
    fs::remove_all(places_.data);
  }
}

TEST_F(DataDirectory, IsOpenedAgainAsItWas) {
  ASSERT_TRUE(open_plugin_data(places_, "obs"));
  std::ofstream(places_.plugin_data("obs") + "/kept") << "x";
  ASSERT_TRUE(open_plugin_data(places_, "obs"));
  EXPECT_TRUE(fs::exists(places_.plugin_data("obs") + "/kept"));
}

TEST_F(DataDirectory, AWrongModeIsRefusedAtEveryLevel) {
  ASSERT_TRUE(open_plugin_data(places_, "obs"));
  for (const std::string& path :
       {places_.data, places_.data + "/plugin-data", places_.plugin_data("obs")}) {
    for (const mode_t mode : {0701U, 0750U, 0777U, 01700U}) {
      ASSERT_EQ(::chmod(path.c_str(), mode), 0);
      const auto fd = open_plugin_data(places_, "obs");
      ASSERT_FALSE(fd) << path;
      EXPECT_EQ(fd.error().code, ErrorCode::denied);
      EXPECT_THAT(fd.error().message, HasSubstr("chmod 0700 '" + path + "'"));
    }
    ASSERT_EQ(::chmod(path.c_str(), 0700), 0);
  }
}

TEST_F(DataDirectory, ALinkOrFileInItsPlaceIsRefusedAtEveryLevel) {
  for (const std::string& path :
       {places_.data, places_.data + "/plugin-data", places_.plugin_data("obs")}) {
    fs::remove_all(places_.data);
    fs::create_directories(home_ / "elsewhere");
    ASSERT_TRUE(open_plugin_data(places_, "obs"));
    fs::remove_all(path);
    fs::create_directory_symlink(home_ / "elsewhere", path);
    const auto link = open_plugin_data(places_, "obs");
    ASSERT_FALSE(link) << path;
    EXPECT_EQ(link.error().code, ErrorCode::denied);
    EXPECT_TRUE(fs::is_empty(home_ / "elsewhere"));
    fs::remove(path);
    std::ofstream(path) << "a file";
    EXPECT_FALSE(open_plugin_data(places_, "obs"));
    fs::remove(path);
  }
}

TEST_F(DataDirectory, SharedIsBesideThePluginsAndNotAmongThem) {
  ASSERT_TRUE(open_shared(places_));
  EXPECT_EQ(mode_of(places_.shared()), 0700U);
  EXPECT_NE(places_.shared(), places_.plugin_data("shared"));
}

}  // namespace
}  // namespace midimon::plugins
