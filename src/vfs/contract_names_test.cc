// What every file system promises about making, removing and renaming.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "vfs/contract_support.h"

namespace midimon::vfs {
namespace {

class NamesContract : public Contract {};
INSTANTIATE_TEST_SUITE_P(All, NamesContract, testing::ValuesIn(kBackends), backend_name);

TEST_P(NamesContract, MkdirMakesOneDirectory) {
  EXPECT_EQ(fs_.mkdir("d"), Errno::success);
  EXPECT_EQ(fs_.mkdir("e/"), Errno::success);
  EXPECT_EQ(fs_.mkdir("d"), Errno::exist);
  EXPECT_EQ(fs_.mkdir("d/"), Errno::exist);
  EXPECT_EQ(fs_.mkdir("."), Errno::exist);
  EXPECT_EQ(fs_.mkdir("d/.."), Errno::exist);
  EXPECT_EQ(fs_.mkdir(".."), Errno::perm);
  EXPECT_EQ(fs_.mkdir("missing/x"), Errno::noent);
  EXPECT_EQ(fs_.mkdir("missing/.."), Errno::noent);
  ASSERT_TRUE(fs_.put("f", ""));
  EXPECT_EQ(fs_.mkdir("f"), Errno::exist);
  EXPECT_EQ(fs_.mkdir("f/x"), Errno::notdir);
}

TEST_P(NamesContract, MkdirDoesNotFollowADanglingLink) {
  ASSERT_EQ(fs_.symlink("target", "dangling"), Errno::success);
  EXPECT_EQ(fs_.mkdir("dangling"), Errno::exist);
  EXPECT_EQ(fs_.mkdir("dangling/"), Errno::exist);
  EXPECT_EQ(code(fs_.stat("target")), Errno::noent);
}

TEST_P(NamesContract, RmdirRemovesEmptyDirectoriesOnly) {
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  ASSERT_EQ(fs_.mkdir("d/e"), Errno::success);
  ASSERT_TRUE(fs_.put("f", ""));
  ASSERT_EQ(fs_.symlink("d", "l"), Errno::success);
  EXPECT_EQ(fs_.rmdir("d"), Errno::notempty);
  EXPECT_EQ(fs_.rmdir("f"), Errno::notdir);
  EXPECT_EQ(fs_.rmdir("f/"), Errno::notdir);
  EXPECT_EQ(fs_.rmdir("l"), Errno::notdir);
  EXPECT_EQ(fs_.rmdir("l/"), Errno::notdir);
  EXPECT_EQ(fs_.rmdir("."), Errno::inval);
  EXPECT_EQ(fs_.rmdir("d/.."), Errno::inval);
  EXPECT_EQ(fs_.rmdir(".."), Errno::perm);
  EXPECT_EQ(fs_.rmdir("missing"), Errno::noent);
  EXPECT_EQ(fs_.rmdir("d/e/"), Errno::success);
  EXPECT_EQ(fs_.rmdir("d"), Errno::success);
  EXPECT_EQ(names_in(*root_), (std::vector<std::string>{"f", "l"}));
}

TEST_P(NamesContract, ARemovedDirectoryHoldsNothingAndTakesNothing) {
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  const auto gone = fs_.directory("d");
  ASSERT_EQ(fs_.rmdir("d"), Errno::success);
  Calls below(*gone);
  EXPECT_EQ(below.open("f", kCreate), Errno::noent);
  EXPECT_EQ(below.mkdir("x"), Errno::noent);
  EXPECT_EQ(below.symlink("t", "x"), Errno::noent);
  EXPECT_EQ(below.open("x", kRead), Errno::noent);
  EXPECT_EQ(names_in(*gone), std::vector<std::string>{});
  ASSERT_TRUE(fs_.put("f", ""));
  EXPECT_EQ(fs_.rename("f", *gone, "f"), Errno::noent);
  EXPECT_EQ(fs_.link("f", *gone, "f"), Errno::noent);
}

TEST_P(NamesContract, NothingIsRenamedIntoARemovedDirectory) {
  ASSERT_TRUE(fs_.put("f", ""));
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  const auto removed = fs_.directory("d");
  ASSERT_EQ(fs_.rmdir("d"), Errno::success);
  EXPECT_EQ(fs_.rename("f", *removed, "g"), Errno::noent);
  EXPECT_EQ(fs_.rename("f/", *removed, "g"), Errno::noent);  // which the slash does not change
  EXPECT_EQ(fs_.rename("f", *removed, "g/"), Errno::noent);
}

TEST_P(NamesContract, UnlinkRemovesWhatIsNoDirectory) {
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  ASSERT_TRUE(fs_.put("f", ""));
  ASSERT_EQ(fs_.symlink("d", "l"), Errno::success);
  EXPECT_EQ(fs_.unlink("d"), Errno::isdir);
  EXPECT_EQ(fs_.unlink("d/"), Errno::isdir);
  EXPECT_EQ(fs_.unlink("."), Errno::isdir);
  EXPECT_EQ(fs_.unlink("d/.."), Errno::isdir);
  EXPECT_EQ(fs_.unlink(".."), Errno::perm);
  EXPECT_EQ(fs_.unlink("f/"), Errno::notdir);
  EXPECT_EQ(fs_.unlink("l/"), Errno::notdir);
  EXPECT_EQ(fs_.unlink("missing"), Errno::noent);
  EXPECT_EQ(fs_.unlink("missing/"), Errno::noent);
  EXPECT_EQ(fs_.unlink("l"), Errno::success);
  EXPECT_EQ(fs_.unlink("f"), Errno::success);
  EXPECT_EQ(names_in(*root_), std::vector<std::string>{"d"});
}

TEST_P(NamesContract, RenameMovesAndReplaces) {
  ASSERT_TRUE(fs_.put("f", "one"));
  ASSERT_TRUE(fs_.put("g", "two"));
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  EXPECT_EQ(fs_.rename("f", "h"), Errno::success);
  EXPECT_EQ(fs_.rename("h", "g"), Errno::success);
  EXPECT_EQ(fs_.get("g"), "one");
  const auto sub = fs_.directory("d");
  EXPECT_EQ(fs_.rename("g", *sub, "g"), Errno::success);
  EXPECT_EQ(fs_.get("d/g"), "one");
  EXPECT_EQ(fs_.rename("d/g", "d/../g"), Errno::success);
  EXPECT_EQ(names_in(*root_), (std::vector<std::string>{"d", "g"}));
}

TEST_P(NamesContract, RenameOfDirectoriesAllowsSlashes) {
  ASSERT_EQ(fs_.mkdir("source"), Errno::success);
  ASSERT_TRUE(fs_.put("f", ""));
  EXPECT_EQ(fs_.rename("source/", "target"), Errno::success);
  EXPECT_EQ(fs_.rename("target", "source/"), Errno::success);
  EXPECT_EQ(fs_.rename("source/", "target/"), Errno::success);
  EXPECT_EQ(fs_.rename("f/", "g"), Errno::notdir);
  EXPECT_EQ(fs_.rename("f", "g/"), Errno::notdir);
  EXPECT_EQ(fs_.rename("f", "target/"), Errno::notdir);
  EXPECT_EQ(fs_.rename("missing/", "g"), Errno::noent);
}

TEST_P(NamesContract, RenameKeepsKindsApart) {
  ASSERT_TRUE(fs_.put("f", ""));
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  ASSERT_EQ(fs_.mkdir("full"), Errno::success);
  ASSERT_TRUE(fs_.put("full/x", ""));
  EXPECT_EQ(fs_.rename("f", "d"), Errno::isdir);
  EXPECT_EQ(fs_.rename("d", "f"), Errno::notdir);
  EXPECT_EQ(fs_.rename("d", "full"), Errno::notempty);
  EXPECT_EQ(fs_.rename("full", "d"), Errno::success);
  EXPECT_EQ(fs_.rename("missing", "f"), Errno::noent);
  EXPECT_EQ(fs_.rename("f", "missing/f"), Errno::noent);
}

TEST_P(NamesContract, RenameOfADirectoryIntoItselfIsRefused) {
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  ASSERT_EQ(fs_.mkdir("d/e"), Errno::success);
  EXPECT_EQ(fs_.rename("d", "d/x"), Errno::inval);
  EXPECT_EQ(fs_.rename("d", "d/e/x"), Errno::inval);
  EXPECT_EQ(fs_.rename("d", "d/e"), Errno::inval);
  EXPECT_EQ(fs_.rename("d/e", "d"), Errno::notempty);
  EXPECT_EQ(fs_.rename("d", "d"), Errno::success);
}

TEST_P(NamesContract, RenameOfWhatHasNoNameIsRefused) {
  ASSERT_TRUE(fs_.put("f", ""));
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  EXPECT_EQ(fs_.rename(".", "x"), Errno::busy);
  EXPECT_EQ(fs_.rename("d/..", "x"), Errno::busy);
  EXPECT_EQ(fs_.rename("f", "."), Errno::busy);
  EXPECT_EQ(fs_.rename("..", "x"), Errno::perm);
  EXPECT_EQ(fs_.rename("f", ".."), Errno::perm);
}

TEST_P(NamesContract, RenameBetweenTwoNamesOfAFileKeepsBoth) {
  ASSERT_TRUE(fs_.put("f", "text"));
  ASSERT_EQ(fs_.link("f", "g"), Errno::success);
  EXPECT_EQ(fs_.rename("f", "g"), Errno::success);
  EXPECT_EQ(names_in(*root_), (std::vector<std::string>{"f", "g"}));
}

TEST_P(NamesContract, RenameMovesTheLinkAndNotItsTarget) {
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  ASSERT_EQ(fs_.symlink("d", "l"), Errno::success);
  EXPECT_EQ(fs_.rename("l/", "m"), Errno::notdir);
  EXPECT_EQ(fs_.rename("l", "m"), Errno::success);
  EXPECT_EQ(fs_.read_link("m"), "d");
}

TEST_P(NamesContract, NothingIsMovedBetweenMounts) {
  TempDir other_host;
  const auto other = GetParam().make(other_host, clock_);
  ASSERT_TRUE(fs_.put("f", ""));
  EXPECT_EQ(fs_.rename("f", *other, "f"), Errno::xdev);
  EXPECT_EQ(fs_.link("f", *other, "f"), Errno::xdev);
  const auto same_host = GetParam().make(host_, clock_);
  EXPECT_EQ(fs_.rename("f", *same_host, "g"), Errno::xdev);
}

}  // namespace
}  // namespace midimon::vfs
