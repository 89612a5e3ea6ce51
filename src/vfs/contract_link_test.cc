// What every file system promises about symbolic and hard links.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "vfs/contract_support.h"

namespace midimon::vfs {
namespace {

class LinkContract : public Contract {};
INSTANTIATE_TEST_SUITE_P(All, LinkContract, testing::ValuesIn(kBackends), backend_name);

TEST_P(LinkContract, ALinkAtTheEndIsFollowedOnRequest) {
  ASSERT_TRUE(fs_.put("f", "text"));
  ASSERT_EQ(fs_.symlink("f", "l"), Errno::success);
  EXPECT_EQ(fs_.open("l", kRead), Errno::loop);
  EXPECT_EQ(fs_.open("l", kCreate), Errno::loop);
  EXPECT_EQ(fs_.open("l", kDirectory), Errno::notdir);
  EXPECT_EQ(fs_.open("l", kDirectoryFollow), Errno::notdir);
  EXPECT_EQ(fs_.open("l/", kRead), Errno::notdir);
  EXPECT_EQ(fs_.get("l"), "text");
  EXPECT_EQ(fs_.stat("l")->type, FileType::symbolic_link);
  EXPECT_EQ(fs_.stat("l")->size, 1U);
  EXPECT_EQ(fs_.stat("l", true)->type, FileType::regular_file);
  EXPECT_EQ(fs_.stat("l", true)->inode, fs_.stat("f")->inode);
}

TEST_P(LinkContract, ALinkToADirectoryLeadsThrough) {
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  ASSERT_EQ(fs_.mkdir("d/e"), Errno::success);
  ASSERT_TRUE(fs_.put("d/f", "text"));
  ASSERT_EQ(fs_.symlink("d/e", "l"), Errno::success);
  EXPECT_EQ(fs_.open("l", kDirectory), Errno::notdir);
  EXPECT_EQ(fs_.open("l", kDirectoryFollow), Errno::success);
  EXPECT_EQ(fs_.open("l/", kRead), Errno::success);
  EXPECT_EQ(fs_.stat("l/")->type, FileType::directory);
  EXPECT_EQ(fs_.get("l/../f"), "text");  // ".." of where the link leads
  EXPECT_EQ(fs_.mkdir("l/new"), Errno::success);
  EXPECT_EQ(fs_.stat("d/e/new")->type, FileType::directory);
}

TEST_P(LinkContract, ATargetThatEndsInASlashIsADirectory) {
  ASSERT_TRUE(fs_.put("f", "text"));
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  ASSERT_EQ(fs_.symlink("f/", "to_file"), Errno::success);
  ASSERT_EQ(fs_.symlink("d/", "to_dir"), Errno::success);
  ASSERT_EQ(fs_.symlink("new/", "to_new"), Errno::success);
  EXPECT_EQ(fs_.open("to_file", kReadFollow), Errno::notdir);
  EXPECT_EQ(code(fs_.stat("to_file", true)), Errno::notdir);
  EXPECT_EQ(fs_.stat("to_file")->type, FileType::symbolic_link);
  EXPECT_EQ(fs_.open("to_dir", kReadFollow), Errno::success);
  EXPECT_EQ(fs_.stat("to_dir", true)->type, FileType::directory);
  EXPECT_EQ(fs_.open("to_new", kCreateFollow), Errno::isdir);
  EXPECT_EQ(code(fs_.stat("new")), Errno::noent);
}

TEST_P(LinkContract, LinksInARingEnd) {
  ASSERT_EQ(fs_.symlink("b", "a"), Errno::success);
  ASSERT_EQ(fs_.symlink("a", "b"), Errno::success);
  EXPECT_EQ(fs_.open("a", kReadFollow), Errno::loop);
  EXPECT_EQ(fs_.open("a/x", kRead), Errno::loop);
  EXPECT_EQ(code(fs_.stat("a", true)), Errno::loop);
  EXPECT_EQ(fs_.mkdir("a/x"), Errno::loop);
}

TEST_P(LinkContract, FortyLinksAreFollowedAndNotOneMore) {
  ASSERT_TRUE(fs_.put("l0", "text"));
  for (int i = 1; i <= 41; ++i) {
    ASSERT_EQ(fs_.symlink(fmt::format("l{}", i - 1), fmt::format("l{}", i)), Errno::success);
  }
  EXPECT_EQ(fs_.get("l40"), "text");
  EXPECT_EQ(fs_.open("l41", kReadFollow), Errno::loop);
}

TEST_P(LinkContract, ADanglingLinkIsCreatedThrough) {
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  ASSERT_EQ(fs_.symlink("d/new", "l"), Errno::success);
  EXPECT_EQ(fs_.open("l", kReadFollow), Errno::noent);
  EXPECT_EQ(fs_.open("l", kCreateNew), Errno::exist);
  EXPECT_EQ(fs_.open("l", {.write = true, .create = true, .exclusive = true, .follow = true}),
            Errno::exist);
  EXPECT_EQ(fs_.open("l", kCreateFollow), Errno::success);
  EXPECT_EQ(fs_.stat("d/new")->type, FileType::regular_file);
}

TEST_P(LinkContract, ReadLinkAnswersTheTarget) {
  ASSERT_TRUE(fs_.put("f", ""));
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  ASSERT_EQ(fs_.symlink("../not/../there/", "d/l"), Errno::success);
  EXPECT_EQ(fs_.read_link("d/l"), "../not/../there/");
  EXPECT_EQ(code(fs_.read_link("f")), Errno::inval);
  EXPECT_EQ(code(fs_.read_link("d")), Errno::inval);
  EXPECT_EQ(code(fs_.read_link("d/")), Errno::inval);
  EXPECT_EQ(code(fs_.read_link(".")), Errno::inval);
  EXPECT_EQ(code(fs_.read_link("d/..")), Errno::inval);
  EXPECT_EQ(code(fs_.read_link("missing")), Errno::noent);
}

TEST_P(LinkContract, SymlinkChecksItsTargetAndItsName) {
  ASSERT_TRUE(fs_.put("f", ""));
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  EXPECT_EQ(fs_.symlink("/etc/passwd", "l"), Errno::perm);
  EXPECT_EQ(fs_.symlink("", "l"), Errno::noent);
  EXPECT_EQ(fs_.symlink(std::string_view("a\0b", 3), "l"), Errno::inval);
  EXPECT_EQ(fs_.symlink("\xff", "l"), Errno::ilseq);
  EXPECT_EQ(fs_.symlink(std::string(4096, 'a'), "l"), Errno::nametoolong);
  EXPECT_EQ(fs_.symlink("t", "new/"), Errno::noent);
  EXPECT_EQ(fs_.symlink("t", "d/"), Errno::exist);
  EXPECT_EQ(fs_.symlink("t", "f/"), Errno::notdir);
  EXPECT_EQ(fs_.symlink("t", "d"), Errno::exist);
  EXPECT_EQ(fs_.symlink("t", "f"), Errno::exist);
  EXPECT_EQ(fs_.symlink("t", "."), Errno::exist);
  EXPECT_EQ(fs_.symlink("t", "missing/l"), Errno::noent);
  EXPECT_EQ(names_in(*root_), (std::vector<std::string>{"d", "f"}));
}

TEST_P(LinkContract, HardLinksAreTheSameFile) {
  ASSERT_TRUE(fs_.put("f", "text"));
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  const auto sub = fs_.directory("d");
  EXPECT_EQ(fs_.link("f", *sub, "g"), Errno::success);
  EXPECT_EQ(fs_.stat("d/g")->inode, fs_.stat("f")->inode);
  EXPECT_EQ(fs_.stat("f")->links, 2U);
  EXPECT_EQ(fs_.unlink("f"), Errno::success);
  EXPECT_EQ(fs_.get("d/g"), "text");
  EXPECT_EQ(fs_.stat("d/g")->links, 1U);
}

TEST_P(LinkContract, LinkRefusesDirectoriesAndTakenNames) {
  ASSERT_TRUE(fs_.put("f", "text"));
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  EXPECT_EQ(fs_.link("d", "new"), Errno::perm);
  EXPECT_EQ(fs_.link("d/", "new"), Errno::perm);
  EXPECT_EQ(fs_.link(".", "new"), Errno::perm);
  EXPECT_EQ(fs_.link("d", "f"), Errno::exist);
  EXPECT_EQ(fs_.link("d/", "f"), Errno::exist);
  EXPECT_EQ(fs_.link("f/", "new"), Errno::notdir);
  EXPECT_EQ(fs_.link("f", "f"), Errno::exist);
  EXPECT_EQ(fs_.link("f", "d"), Errno::exist);
  EXPECT_EQ(fs_.link("f", "new/"), Errno::noent);
  EXPECT_EQ(fs_.link("f", "d/"), Errno::exist);
  EXPECT_EQ(fs_.link("f", "."), Errno::exist);
  EXPECT_EQ(fs_.link("missing", "new"), Errno::noent);
  EXPECT_EQ(fs_.link("missing/", "new"), Errno::noent);
  EXPECT_EQ(fs_.link("f", "missing/new"), Errno::noent);
}

TEST_P(LinkContract, LinkOfASymlinkLinksTheSymlink) {
  ASSERT_EQ(fs_.symlink("dangling", "l"), Errno::success);
  EXPECT_EQ(fs_.link("l", "m"), Errno::success);
  EXPECT_EQ(fs_.read_link("m"), "dangling");
  EXPECT_EQ(fs_.stat("l")->links, 2U);
  EXPECT_EQ(fs_.link("l/", "n"), Errno::noent);  // the slash follows it
}

}  // namespace
}  // namespace midimon::vfs
