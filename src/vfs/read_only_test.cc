#include "vfs/read_only.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "vfs/test_support.h"

namespace midimon::vfs {
namespace {

class ReadOnly : public testing::Test {
 protected:
  ReadOnly() {
    Calls all(*writable_);
    EXPECT_TRUE(all.put("f", "text"));
    EXPECT_EQ(all.mkdir("d"), Errno::success);
    EXPECT_TRUE(all.put("d/g", "below"));
    EXPECT_EQ(all.symlink("f", "l"), Errno::success);
  }

  TempDir host_;
  std::unique_ptr<Directory> writable_ = std::move(*open_disk(host_.path().c_str(), {}));
  // The same tree, as another handle of the same mount: what is opened from it can be told apart
  // from `writable_` by nothing but the wrapper.
  std::unique_ptr<Directory> root_ = make_read_only(Calls(*writable_).directory("."));
  Calls fs_{*root_};
};

TEST_F(ReadOnly, LookingWorks) {
  EXPECT_EQ(fs_.get("f"), "text");
  EXPECT_EQ(fs_.get("d/g"), "below");
  EXPECT_EQ(fs_.get("l"), "text");
  EXPECT_EQ(fs_.read_link("l"), "f");
  EXPECT_EQ(fs_.stat("f")->size, 4U);
  EXPECT_EQ(root_->stat()->type, FileType::directory);
  EXPECT_EQ(names_in(*root_), (std::vector<std::string>{"d", "f", "l"}));
  EXPECT_EQ(fs_.open("missing", kRead), Errno::noent);
  EXPECT_EQ(fs_.open("../f", kRead), Errno::perm);
}

TEST_F(ReadOnly, SyncIsAllowed) {
  EXPECT_EQ(root_->sync(true), Errno::success);
  EXPECT_EQ(fs_.file("f", kRead)->sync(false), Errno::success);
  EXPECT_EQ(fs_.file("f", kRead)->advise(0, 0, Advice::willneed), Errno::success);
}

TEST_F(ReadOnly, Attack63_OpeningToChangeIsRefused) {
  for (const OpenOptions& options : {kWrite, kReadWrite, kCreate, kCreateNew, kTruncate}) {
    EXPECT_EQ(fs_.open("f", options), Errno::perm);
    EXPECT_EQ(fs_.open("new", options), Errno::perm);
    EXPECT_EQ(fs_.open("d/g", options), Errno::perm);
  }
  EXPECT_EQ(fs_.open("f", {.read = true, .truncate = true}), Errno::perm);
  EXPECT_EQ(fs_.get("f"), "text");
}

TEST_F(ReadOnly, Attack64_TimesCannotBeSet) {
  const TimeChanges times{Nanos(1), Nanos(1)};
  EXPECT_EQ(fs_.set_times("f", false, times), Errno::perm);
  EXPECT_EQ(root_->set_times(times), Errno::perm);
  EXPECT_EQ(fs_.file("f", kRead)->set_times(times), Errno::perm);
  EXPECT_EQ(fs_.directory("d")->set_times(times), Errno::perm);
}

TEST_F(ReadOnly, Attack65_NothingIsMovedInOrOut) {
  Calls all(*writable_);
  EXPECT_EQ(fs_.rename("f", *writable_, "stolen"), Errno::perm);
  EXPECT_EQ(fs_.link("f", *writable_, "stolen"), Errno::perm);
  EXPECT_EQ(fs_.rename("f", "g"), Errno::perm);
  EXPECT_EQ(all.rename("f", *root_, "planted"), Errno::perm);
  EXPECT_EQ(all.link("f", *root_, "planted"), Errno::perm);
  const auto below = fs_.directory("d");
  EXPECT_EQ(all.rename("f", *below, "planted"), Errno::perm);
  EXPECT_EQ(all.link("f", *below, "planted"), Errno::perm);
  EXPECT_EQ(names_in(*writable_), (std::vector<std::string>{"d", "f", "l"}));
}

TEST_F(ReadOnly, NamesCannotBeMadeOrRemoved) {
  EXPECT_EQ(fs_.mkdir("new"), Errno::perm);
  EXPECT_EQ(fs_.rmdir("d"), Errno::perm);
  EXPECT_EQ(fs_.unlink("f"), Errno::perm);
  EXPECT_EQ(fs_.symlink("f", "new"), Errno::perm);
  EXPECT_EQ(names_in(*root_), (std::vector<std::string>{"d", "f", "l"}));
}

TEST_F(ReadOnly, AnOpenFileCannotBeChanged) {
  const auto file = fs_.file("f", kRead);
  EXPECT_EQ(code(write_text(*file, "x")), Errno::perm);
  const iovec x = as_iovec("x");
  EXPECT_EQ(code(file->append({&x, 1})), Errno::perm);
  EXPECT_EQ(file->set_size(0), Errno::perm);
  EXPECT_EQ(file->allocate(0, 100), Errno::perm);
  EXPECT_EQ(fs_.get("f"), "text");
}

TEST_F(ReadOnly, WhatIsOpenedThroughItIsReadOnlyToo) {
  const auto below = fs_.directory("d");
  Calls fs(*below);
  EXPECT_EQ(fs.open("g", kWrite), Errno::perm);
  EXPECT_EQ(fs.mkdir("new"), Errno::perm);
  EXPECT_EQ(below->mount(), nullptr);
  EXPECT_EQ(&below->bottom(), below.get());
}

}  // namespace
}  // namespace midimon::vfs
