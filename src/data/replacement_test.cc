#include "data/replacement.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "data/tree.h"
#include "vfs/test_support.h"

namespace midimon::data {
namespace {

namespace fs = std::filesystem;

class ReplacementTest : public ::testing::Test {
 protected:
  ReplacementTest() { fs::create_directory(temp_ / "own"); }
  Replacement begin() {
    auto begun = Replacement::begin(parent_.get(), "own", *resolver_);
    EXPECT_TRUE(begun) << begun.error().message;
    return std::move(*begun);
  }
  static void fill(const Replacement& replacement) {
    const UniqueFd file(::openat(replacement.fd(), "new", O_WRONLY | O_CREAT, 0600));
    EXPECT_TRUE(file.valid());
  }
  std::vector<std::string> names(const std::string& below = ".") const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(temp_ / below))
      found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }

  vfs::TempDir temp_;
  std::unique_ptr<vfs::Resolver> resolver_ = vfs::make_openat2_resolver();
  UniqueFd parent_{::open(temp_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
};

TEST_F(ReplacementTest, TakesThePlaceOfWhatIsThereAndOfNothing) {
  vfs::write_host_file(temp_ / "own/old", "old");
  {
    Replacement replacement = begin();
    fill(replacement);
    EXPECT_EQ(names("own"), std::vector<std::string>{"old"});
    ASSERT_TRUE(replacement.commit());
    EXPECT_EQ(names("own"), std::vector<std::string>{"new"});
    EXPECT_TRUE(replacement.remove_replaced());
    EXPECT_EQ(names(), std::vector<std::string>{"own"});
  }
  fs::remove_all(temp_ / "own");
  Replacement replacement = begin();
  fill(replacement);
  ASSERT_TRUE(replacement.commit());
  EXPECT_EQ(names("own"), std::vector<std::string>{"new"});
  EXPECT_EQ(fs::status(temp_ / "own").permissions(), fs::perms::owner_all);
}

TEST_F(ReplacementTest, LeavesTheOldOneAndNothingElseWhenItIsGivenUp) {
  vfs::write_host_file(temp_ / "own/old", "old");
  {
    const Replacement replacement = begin();
    fill(replacement);
  }
  EXPECT_EQ(names(), std::vector<std::string>{"own"});
  EXPECT_EQ(names("own"), std::vector<std::string>{"old"});
}

TEST_F(ReplacementTest, ALinkInThePlaceOfADirectoryGoesItself) {
  fs::create_directory(temp_ / "elsewhere");
  vfs::write_host_file(temp_ / "elsewhere/file", "x");
  fs::create_symlink("elsewhere", temp_ / ".aside-own");
  { const Replacement replacement = begin(); }
  fs::remove_all(temp_ / "own");
  fs::create_symlink("elsewhere", temp_ / "own");
  EXPECT_TRUE(remove_directory(parent_.get(), "own", *resolver_));
  EXPECT_EQ(names(), std::vector<std::string>{"elsewhere"});
  EXPECT_EQ(vfs::read_host_file(temp_ / "elsewhere/file"), "x");
}

TEST_F(ReplacementTest, WhatAKilledOneLeftIsRemoved) {
  fs::create_directories(temp_ / ".aside-own/left");
  vfs::write_host_file(temp_ / ".aside-own/left/over", "x");
  { const Replacement replacement = begin(); }
  EXPECT_EQ(names(), std::vector<std::string>{"own"});
  fs::create_directories(temp_ / ".aside-own/left");
  EXPECT_TRUE(remove_directory(parent_.get(), "own", *resolver_));
  EXPECT_TRUE(names().empty());
  EXPECT_TRUE(remove_directory(parent_.get(), "own", *resolver_));
}

TEST_F(ReplacementTest, RemovingFollowsNoLink) {
  vfs::write_host_file(temp_ / "precious", "x");
  fs::create_directory(temp_ / "near");
  vfs::write_host_file(temp_ / "near/precious", "x");
  fs::create_symlink("../near", temp_ / "own/link");
  fs::create_symlink("../precious", temp_ / "own/file");
  EXPECT_EQ(::mkfifo((temp_ / "own/fifo").c_str(), 0600), 0);
  vfs::write_host_file(temp_ / "own/\xFF\x1b\n", "x");
  EXPECT_TRUE(remove_directory(parent_.get(), "own", *resolver_));
  EXPECT_EQ(names(), (std::vector<std::string>{"near", "precious"}));
  EXPECT_EQ(names("near"), std::vector<std::string>{"precious"});
}

// Deeper than there are descriptors, with names in the way, and closed to its owner in the middle.
TEST_F(ReplacementTest, RemovesWhatIsDeeperThanAProcessMayOpenFiles) {
  UniqueFd at(::open((temp_ / "own").c_str(), O_RDONLY | O_DIRECTORY));
  for (int i = 0; i < 3000; ++i) {
    ASSERT_EQ(::mkdirat(at.get(), "d", 0700), 0) << std::strerror(errno) << " at depth " << i;
    UniqueFd below(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY));
    ASSERT_TRUE(below.valid());
    if (i == 1000) ::fchmod(at.get(), 0500);
    at = std::move(below);
  }
  for (int i = 1; i < 10; ++i)
    fs::create_directories(temp_ / ("own/removed-" + std::to_string(i) + "/x"));
  const auto removed = remove_directory(parent_.get(), "own", *resolver_);
  EXPECT_TRUE(removed) << removed.error().message;
  EXPECT_TRUE(names().empty());
}

TEST_F(ReplacementTest, AWalkEndsWhereItGetsTooDeep) {
  UniqueFd at(::open((temp_ / "own").c_str(), O_RDONLY | O_DIRECTORY));
  for (int i = 0; i < kMaxLevels; ++i) {
    ASSERT_EQ(::mkdirat(at.get(), "d", 0700), 0);
    at = UniqueFd(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY));
  }
  const UniqueFd own(::open((temp_ / "own").c_str(), O_RDONLY | O_DIRECTORY));
  int seen = 0;
  const auto walked = walk(own.get(), *resolver_, [&](const Item&) -> Result<void> {
    ++seen;
    return {};
  });
  ASSERT_FALSE(walked);
  EXPECT_EQ(walked.error().code, ErrorCode::limit);
  EXPECT_EQ(seen, kMaxLevels);
}

// A directory that becomes a link between being looked at and being opened is not gone into.
TEST_F(ReplacementTest, AWalkDoesNotFollowADirectoryThatIsSwapped) {
  fs::create_directories(temp_ / "own/swapped");
  fs::create_directory(temp_ / "outside");
  vfs::write_host_file(temp_ / "outside/secret", "x");
  std::vector<std::string> seen;
  const UniqueFd own(::open((temp_ / "own").c_str(), O_RDONLY | O_DIRECTORY));
  const auto walked = walk(own.get(), *resolver_, [&](const Item& item) -> Result<void> {
    seen.emplace_back(item.path);
    fs::remove(temp_ / "own/swapped");
    fs::create_directory_symlink("../outside", temp_ / "own/swapped");
    return {};
  });
  EXPECT_TRUE(walked);
  EXPECT_EQ(seen, std::vector<std::string>{"swapped"});
}

}  // namespace
}  // namespace midimon::data
