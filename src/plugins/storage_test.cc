#include "plugins/storage.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "plugins/data_directory.h"
#include "vfs/disk.h"

namespace midimon::plugins {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class StorageTest : public ::testing::Test {
 protected:
  StorageTest() {
    fs::create_directory(home_);
    places_.data = (home_ / "data").string();
  }
  ~StorageTest() override { fs::remove_all(home_); }

  Result<std::shared_ptr<HeldStorage>> hold() {
    UniqueFd fd = *open_plugin_data(places_, "obs");
    const UniqueFd same(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
    const auto directory = *vfs::open_disk(std::move(fd), {});
    StorageLimits limits;
    limits.allowed = {1 << 20, 10};
    return storage_.hold(places_, kName, same.get(), *directory, limits);
  }

  static constexpr const char* kName = "plugin-data/obs";
  fs::path home_ = fs::temp_directory_path() / ("midimon-storage-" + std::to_string(::getpid()));
  Places places_;
  Storage storage_;
};

TEST_F(StorageTest, WhoeverHoldsItLeavesWhatWasCounted) {
  EXPECT_FALSE(StorageLock::take(places_, kName)->counted_before());
  EXPECT_FALSE(StorageLock::take(places_, kName)->counted_before());  // nobody counted yet
  {
    const auto held = hold();
    ASSERT_TRUE(held) << held.error().message;
    ASSERT_EQ((*held)->ledger->reserve({4096 + 512, 1}), Errno::success);
    const auto other = StorageLock::take(places_, kName);
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().message, HasSubstr("process " + std::to_string(::getpid())));
    EXPECT_THAT(who_holds(places_, kName).value_or(""), HasSubstr("in use by process"));
  }
  EXPECT_FALSE(who_holds(places_, kName));
  const auto lock = StorageLock::take(places_, kName);
  ASSERT_TRUE(lock);
  EXPECT_EQ(lock->counted_before(), (vfs::QuotaUsage{4608, 1}));
}

TEST_F(StorageTest, ADirectoryThatWasReplacedIsNotHeld) {
  const UniqueFd fd = *open_plugin_data(places_, "obs");
  const auto directory = *vfs::open_disk(UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)), {});
  fs::rename(places_.plugin_data("obs"), home_ / "away");
  EXPECT_EQ(storage_.hold(places_, kName, fd.get(), *directory, {}).error().code, ErrorCode::busy);
  EXPECT_TRUE(open_plugin_data(places_, "obs"));
  const auto replaced = storage_.hold(places_, kName, fd.get(), *directory, {});
  ASSERT_FALSE(replaced);
  EXPECT_THAT(replaced.error().message, HasSubstr("was replaced"));
}

TEST_F(StorageTest, WhatIsStillOpenLeavesNoCount) {
  std::shared_ptr<vfs::QuotaTree> tree;
  tree = (*hold())->tree;  // as an open file has it
  EXPECT_FALSE(StorageLock::take(places_, kName)->counted_before());
}

TEST_F(StorageTest, ALockFileWithAnythingElseInItLeavesNoCount) {
  { const auto held = hold(); }
  for (const char* const text : {"", "counted", "counted 1", "counted x 1\n", "counted 1 \n",
                                 "counted 99999999999999999999999 1\n", "12\n", "\xFF"}) {
    std::ofstream(places_.data + "/locks/plugin-data-obs.lock") << text;
    EXPECT_FALSE(StorageLock::take(places_, kName)->counted_before()) << text;
  }
  std::ofstream(places_.data + "/locks/plugin-data-obs.lock") << "counted 1 2\n";
  EXPECT_EQ(StorageLock::take(places_, kName)->counted_before(), (vfs::QuotaUsage{1, 2}));
}

TEST_F(StorageTest, WhatIsLookedForIsNotMade) {
  const auto missing = open_plugin_data(places_, "obs", Missing::refuse);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_EQ(open_shared(places_, Missing::refuse).error().code, ErrorCode::not_found);
  EXPECT_FALSE(fs::exists(places_.data));
  EXPECT_TRUE(open_plugin_data(places_, "obs"));
  EXPECT_TRUE(open_plugin_data(places_, "obs", Missing::refuse));
}

}  // namespace
}  // namespace midimon::plugins
