// What every file system promises about stat, times and listings.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "vfs/contract_support.h"

namespace midimon::vfs {
namespace {

class StatContract : public Contract {};
INSTANTIATE_TEST_SUITE_P(All, StatContract, testing::ValuesIn(kBackends), backend_name);

TEST_P(StatContract, StatTellsTypeSizeAndLinks) {
  ASSERT_TRUE(fs_.put("f", "text"));
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  const auto file = fs_.stat("f");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->type, FileType::regular_file);
  EXPECT_EQ(file->size, 4U);
  EXPECT_EQ(file->links, 1U);
  EXPECT_EQ(fs_.stat("d")->type, FileType::directory);
  EXPECT_EQ(fs_.stat("d/..")->inode, root_->stat()->inode);
  EXPECT_EQ(fs_.stat(".")->inode, root_->stat()->inode);
  EXPECT_EQ(fs_.file("f", kRead)->stat()->inode, file->inode);
  EXPECT_EQ(fs_.directory("d")->stat()->inode, fs_.stat("d")->inode);
  EXPECT_EQ(code(fs_.stat("missing")), Errno::noent);
  EXPECT_EQ(code(fs_.stat("missing/")), Errno::noent);
}

TEST_P(StatContract, SetTimesSetsKeepsAndTakesNow) {
  ASSERT_TRUE(fs_.put("f", ""));
  const Nanos then = std::chrono::seconds(1'000'000'000) + Nanos(123);
  EXPECT_EQ(fs_.set_times("f", false, {then, then}), Errno::success);
  EXPECT_EQ(fs_.stat("f")->accessed, then);
  EXPECT_EQ(fs_.stat("f")->modified, then);
  EXPECT_EQ(fs_.set_times("f", false, {KeepTime{}, TimeNow{}}), Errno::success);
  EXPECT_EQ(fs_.stat("f")->accessed, then);
  EXPECT_GT(fs_.stat("f")->modified, then);
  EXPECT_EQ(fs_.file("f", kRead)->set_times({Nanos(5), KeepTime{}}), Errno::success);
  EXPECT_EQ(fs_.stat("f")->accessed, Nanos(5));
  EXPECT_EQ(root_->set_times({then, then}), Errno::success);
  EXPECT_EQ(root_->stat()->modified, then);
  EXPECT_EQ(fs_.set_times(".", false, {KeepTime{}, Nanos(7)}), Errno::success);
  EXPECT_EQ(root_->stat()->modified, Nanos(7));
  EXPECT_EQ(fs_.set_times("missing", false, {}), Errno::noent);
}

TEST_P(StatContract, SetTimesFollowsALinkOnRequest) {
  ASSERT_TRUE(fs_.put("f", ""));
  ASSERT_EQ(fs_.symlink("f", "l"), Errno::success);
  const TimeChanges to_five{KeepTime{}, Nanos(5)};
  const TimeChanges to_six{KeepTime{}, Nanos(6)};
  EXPECT_EQ(fs_.set_times("l", true, to_five), Errno::success);
  EXPECT_EQ(fs_.set_times("l", false, to_six), Errno::success);
  EXPECT_EQ(fs_.stat("f")->modified, Nanos(5));
  EXPECT_EQ(fs_.stat("l")->modified, Nanos(6));
}

TEST_P(StatContract, ListingsShowEveryEntryOnceWithItsInode) {
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  ASSERT_EQ(fs_.symlink("d", "l"), Errno::success);
  ASSERT_TRUE(fs_.put("f", ""));
  const auto listing = std::move(*root_->list());
  for (int round = 0; round < 2; ++round) {
    int seen = 0;
    while (const auto entry = listing->next().value()) {
      ++seen;
      EXPECT_EQ(entry->inode, fs_.stat(entry->name)->inode) << entry->name;
      EXPECT_EQ(entry->type, fs_.stat(entry->name)->type) << entry->name;
    }
    EXPECT_EQ(seen, 3);
    EXPECT_FALSE(listing->next().value());
    EXPECT_EQ(listing->rewind(), Errno::success);
  }
}

TEST_P(StatContract, ListingsOfManyEntriesAreComplete) {
  std::vector<std::string> expected;
  for (int i = 0; i < 2000; ++i) {
    expected.push_back("a name of some length, number " + std::to_string(i));
    ASSERT_EQ(fs_.open(expected.back(), kCreate), Errno::success);
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(names_in(*root_), expected);
}

TEST_P(StatContract, TwoListingsDoNotDisturbEachOther) {
  ASSERT_TRUE(fs_.put("a", ""));
  ASSERT_TRUE(fs_.put("b", ""));
  const auto first = std::move(*root_->list());
  ASSERT_TRUE(first->next().value());
  EXPECT_EQ(names_in(*root_).size(), 2U);
  ASSERT_TRUE(first->next().value());
  EXPECT_FALSE(first->next().value());
}

TEST_P(StatContract, NamesAreBounded) {
  const std::string longest(255, 'n');
  EXPECT_EQ(fs_.open(longest, kCreate), Errno::success);
  EXPECT_EQ(fs_.open(longest + "n", kCreate), Errno::nametoolong);
  ASSERT_EQ(fs_.symlink(longest + "n", "l"), Errno::success);
  EXPECT_EQ(fs_.open("l", kReadFollow), Errno::nametoolong);
}

}  // namespace
}  // namespace midimon::vfs
