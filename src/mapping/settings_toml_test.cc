#include "mapping/settings_toml.h"

#include <gtest/gtest.h>

#include <string>

#include "mapping/profile_toml.h"

namespace midimon {
namespace {

using std::chrono::hours;

std::string error_of(const std::string& text) {
  const auto result = parse_profile(text, "pad.toml");
  return result ? "no error" : result.error().message;
}

TEST(Settings, ReadsHowTheJournalAndTheDiskAreKept) {
  const auto profile = parse_profile(R"(
    [audit]
    strict = true
    sync = true
    file_size = "1MiB"
    file_age = "2h"
    keep_size = 1048576
    keep_days = 7
    [storage]
    min_free_disk = "2GiB"
  )",
                                     "pad.toml");
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_TRUE(profile->audit.strict);
  EXPECT_TRUE(profile->audit.sync);
  EXPECT_EQ(profile->audit.file_bytes, 1U << 20);
  EXPECT_EQ(profile->audit.file_age, hours(2));
  EXPECT_EQ(profile->audit.keep_bytes, 1U << 20);
  EXPECT_EQ(profile->audit.keep_age, hours(24 * 7));
  EXPECT_EQ(profile->storage.min_free_disk, 2ULL << 30);
}

TEST(Settings, WhatIsNotGivenIsLeftToTheRuntime) {
  const auto profile = parse_profile("[audit]\n[storage]\n", "pad.toml");
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_FALSE(profile->audit.strict);
  EXPECT_FALSE(profile->audit.sync);
  EXPECT_FALSE(profile->audit.file_bytes || profile->audit.file_age);
  EXPECT_FALSE(profile->audit.keep_bytes || profile->audit.keep_age);
  EXPECT_FALSE(profile->storage.min_free_disk);
  EXPECT_EQ(parse_profile("[storage]\nmin_free_disk = 0\n", "pad.toml")->storage.min_free_disk, 0U);
}

TEST(Settings, TellsAllProblemsWithTheirPlace) {
  EXPECT_EQ(
      error_of("[audit]\nstrict = \"yes\"\nfile_size = \"1KiB\"\nfile_age = 0\n"
               "keep_size = -1\nkeep_days = 36501\nstrikt = true\n"
               "[storage]\nmin_free_disk = \"5 %\"\n"),
      "pad.toml:2:10: \"strict\" must be true or false, not \"yes\"\n"
      "pad.toml:3:13: \"file_size\" must be a size such as \"64MiB\" or a number of bytes, at "
      "least 65536, not \"1KiB\"\n"
      "pad.toml:4:12: \"file_age\" must be a time such as \"500ms\" or \"5s\", or a number of "
      "milliseconds, above 0 and up to 8784 hours, not 0\n"
      "pad.toml:5:13: \"keep_size\" must be a size such as \"64MiB\" or a number of bytes, at "
      "least 65536, not -1\n"
      "pad.toml:6:13: \"keep_days\" must be an integer from 1 to 36500, not 36501\n"
      "pad.toml:7:1: [audit] has no key \"strikt\"; did you mean \"strict\"?\n"
      "pad.toml:9:17: \"min_free_disk\" must be a size such as \"64MiB\" or a number of bytes, "
      "at least 0, not \"5 %\"");
}

TEST(Settings, AllFilesMayNotTakeLessThanOne) {
  EXPECT_EQ(error_of("[audit]\nfile_size = \"2MiB\"\nkeep_size = \"1MiB\"\n"),
            "pad.toml:3:13: \"keep_size\" is what all files may take and cannot be less than "
            "\"file_size\", what one may");
  EXPECT_EQ(error_of("[audit]\nfile_size = \"1MiB\"\nkeep_size = \"1MiB\"\n"), "no error");
}

}  // namespace
}  // namespace midimon
