// What every file system promises about opening by path.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "vfs/contract_support.h"

namespace midimon::vfs {
namespace {

class OpenContract : public Contract {};
INSTANTIATE_TEST_SUITE_P(All, OpenContract, testing::ValuesIn(kBackends), backend_name);

TEST_P(OpenContract, OptionsThatContradictThemselvesAreRefused) {
  EXPECT_EQ(fs_.open("f", {.read = true, .create = true}), Errno::inval);
  EXPECT_EQ(fs_.open("f", {.read = true, .truncate = true}), Errno::inval);
  EXPECT_EQ(fs_.open("f", {.write = true, .exclusive = true}), Errno::inval);
  EXPECT_EQ(fs_.open("f", {.write = true, .create = true, .directory = true}), Errno::inval);
  EXPECT_EQ(fs_.open("f", {.write = true, .truncate = true, .directory = true}), Errno::inval);
  EXPECT_EQ(code(fs_.stat("f")), Errno::noent);
}

TEST_P(OpenContract, CreatingWorksOnceWhereItMustBeNew) {
  EXPECT_EQ(fs_.open("f", kRead), Errno::noent);
  EXPECT_EQ(fs_.open("f", kCreateNew), Errno::success);
  EXPECT_EQ(fs_.open("f", kCreateNew), Errno::exist);
  EXPECT_EQ(fs_.open("f", kCreate), Errno::success);
  EXPECT_EQ(fs_.open("missing/f", kCreate), Errno::noent);
  EXPECT_EQ(fs_.open("f/g", kCreate), Errno::notdir);
  EXPECT_EQ(fs_.mkdir("d"), Errno::success);
  EXPECT_EQ(fs_.open("d", kCreateNew), Errno::exist);
  EXPECT_EQ(fs_.open("d", kCreate), Errno::isdir);
}

TEST_P(OpenContract, OpeningTellsWhetherItMadeTheFile) {
  bool made = false;
  OpenOptions create = kCreateFollow;
  create.made = &made;
  OpenOptions empty = create;
  empty.truncate = true;
  OpenOptions exclusive = create;
  exclusive.exclusive = true;
  const auto opens = [&](const char* path, const OpenOptions& options) {
    made = !made;  // so that it must be told
    return fs_.open(path, options);
  };
  for (const OpenOptions& options : {create, empty, exclusive}) {
    EXPECT_EQ(opens("new", options), Errno::success);
    EXPECT_TRUE(made);
    EXPECT_EQ(opens("new", create), Errno::success);
    EXPECT_FALSE(made);
    EXPECT_EQ(opens("new", empty), Errno::success);
    EXPECT_FALSE(made);
    EXPECT_EQ(opens("new", exclusive), Errno::exist);
    EXPECT_EQ(opens("none/new", options), Errno::noent);
    ASSERT_EQ(fs_.unlink("new"), Errno::success);
    // A link that leads to nothing, and then to what was made.
    ASSERT_EQ(fs_.symlink("led_to", "link"), Errno::success);
    EXPECT_EQ(opens("link", options), options.exclusive ? Errno::exist : Errno::success);
    EXPECT_TRUE(made);
    if (!options.exclusive) {
      EXPECT_EQ(opens("link", options), Errno::success);
      EXPECT_FALSE(made);
      ASSERT_EQ(fs_.unlink("led_to"), Errno::success);
    }
    ASSERT_EQ(fs_.unlink("link"), Errno::success);
  }
}

TEST_P(OpenContract, TruncateEmptiesAndPlainOpenDoesNot) {
  ASSERT_TRUE(fs_.put("f", "text"));
  EXPECT_EQ(fs_.open("f", kReadWrite), Errno::success);
  EXPECT_EQ(fs_.get("f"), "text");
  EXPECT_EQ(fs_.open("f", kTruncate), Errno::success);
  EXPECT_EQ(fs_.get("f"), "");
}

TEST_P(OpenContract, ADirectoryIsOpenedForReadingOnly) {
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  EXPECT_EQ(fs_.open("d", kRead), Errno::success);
  EXPECT_EQ(fs_.open("d", {}), Errno::success);
  EXPECT_EQ(fs_.open("d", kDirectory), Errno::success);
  EXPECT_EQ(fs_.open("d/", kRead), Errno::success);
  EXPECT_EQ(fs_.open("d/.", kRead), Errno::success);
  EXPECT_EQ(fs_.open(".", kRead), Errno::success);
  EXPECT_EQ(fs_.open("d/..", kRead), Errno::success);
  EXPECT_EQ(fs_.open("d", kReadWrite), Errno::isdir);
  EXPECT_EQ(fs_.open("d/", kWrite), Errno::isdir);
  EXPECT_EQ(fs_.open(".", kWrite), Errno::isdir);
  EXPECT_EQ(fs_.open("d", {.write = true, .directory = true}), Errno::isdir);
  EXPECT_EQ(fs_.open("d", kTruncate), Errno::isdir);
}

TEST_P(OpenContract, AFileIsNoDirectory) {
  ASSERT_TRUE(fs_.put("f", "text"));
  for (const char* const path : {"f/", "f/.", "f/..", "f/x", "f//", "f/../f"}) {
    EXPECT_EQ(fs_.open(path, kRead), Errno::notdir) << path;
    EXPECT_EQ(fs_.open(path, kReadWrite), Errno::notdir) << path;
    EXPECT_EQ(fs_.open(path, kTruncate), Errno::notdir) << path;
    EXPECT_EQ(fs_.open(path, kCreate), Errno::notdir) << path;
    EXPECT_EQ(code(fs_.stat(path)), Errno::notdir) << path;
    EXPECT_EQ(fs_.set_times(path, true, {}), Errno::notdir) << path;
    EXPECT_EQ(code(fs_.read_link(path)), Errno::notdir) << path;
  }
  EXPECT_EQ(fs_.open("f", kDirectory), Errno::notdir);
  EXPECT_EQ(fs_.get("f"), "text");
}

TEST_P(OpenContract, AFileIsNotMadeUnderADirectorysName) {
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  EXPECT_EQ(fs_.open("new/", kCreate), Errno::isdir);
  EXPECT_EQ(fs_.open("new/.", kCreateNew), Errno::isdir);
  EXPECT_EQ(fs_.open("d/", kCreate), Errno::isdir);
  EXPECT_EQ(fs_.open(".", kCreate), Errno::isdir);
  EXPECT_EQ(fs_.open("d/..", kCreate), Errno::isdir);
  EXPECT_EQ(fs_.open("d/..", kCreateNew), Errno::exist);
  EXPECT_EQ(fs_.open("missing/new/", kCreate), Errno::noent);
  EXPECT_EQ(fs_.open("missing/..", kCreate), Errno::noent);
  EXPECT_EQ(names_in(*root_), std::vector<std::string>{"d"});
}

TEST_P(OpenContract, DotsAndSlashesInTheMiddleMeanWhatTheyMean) {
  ASSERT_EQ(fs_.mkdir("dir"), Errno::success);
  ASSERT_EQ(fs_.mkdir("dir/nested"), Errno::success);
  ASSERT_TRUE(fs_.put("dir/nested/file", "text"));
  EXPECT_EQ(fs_.get("dir/.//nested/../../dir/nested/../nested///./file"), "text");
  EXPECT_EQ(fs_.open("dir/nested/../../../dir/nested/file", kRead), Errno::perm);
  EXPECT_EQ(fs_.open("/dir/nested/file", kRead), Errno::perm);
}

TEST_P(OpenContract, ASubdirectoryIsTheRootOfItsOwnPaths) {
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  ASSERT_TRUE(fs_.put("f", "above"));
  const auto sub = fs_.directory("d");
  Calls below(*sub);
  EXPECT_EQ(below.open("../f", kRead), Errno::perm);
  EXPECT_TRUE(below.put("g", "below"));
  EXPECT_EQ(fs_.get("d/g"), "below");
  EXPECT_EQ(sub->mount(), root_->mount());
}

}  // namespace
}  // namespace midimon::vfs
