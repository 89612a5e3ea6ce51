#include "process/program.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace midimon {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr uid_t kNobody = 65534;
constexpr gid_t kStaff = 50;  // of the system's own, as Debian has /usr/local
constexpr gid_t kUsers = 100;
constexpr gid_t kFriends = 10042;  // of people

class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() {
    std::string name = (fs::temp_directory_path() / "midimon-XXXXXX").string();
    root_ = fs::canonical(::mkdtemp(name.data()));
    directory("a");
    directory("a/b");
    file("a/b/run");
  }
  ~ProgramTest() override { fs::remove_all(root_); }

  [[nodiscard]] std::string at(const std::string& path) const { return (root_ / path).string(); }
  void mode(const std::string& path, mode_t mode) {
    ASSERT_EQ(::chmod(at(path).c_str(), mode), 0) << path;
  }
  void directory(const std::string& path, mode_t mode = 0755) {
    fs::create_directory(at(path));
    this->mode(path, mode);
  }
  void file(const std::string& path, mode_t mode = 0755) {
    std::ofstream(at(path)) << "#!/bin/sh\n";
    this->mode(path, mode);
  }
  // A link to `text`, as it is.
  void link(const std::string& path, const std::string& text) {
    fs::remove(at(path));
    fs::create_symlink(text, at(path));
  }
  // Of a link, too. Only root may.
  void give(const std::string& path, uid_t owner, gid_t group) {
    ASSERT_EQ(::lchown(at(path).c_str(), owner, group), 0) << path;
  }

  // "ok", or what is wrong.
  [[nodiscard]] std::string open(const std::string& path) const {
    const auto program = Program::open(at(path));
    return program ? "ok" : program.error().message;
  }
  // Whether it is refused for what somebody else could do.
  [[nodiscard]] std::string denied(const std::string& path) const {
    const auto program = Program::open(at(path));
    if (program) return "it is opened";
    EXPECT_EQ(program.error().code, ErrorCode::denied) << program.error().message;
    return program.error().message;
  }

  fs::path root_;
};

TEST_F(ProgramTest, IsFoundOnEveryWayThatIsOurs) {
  link("near", "a/b/run");
  link("far", at("a/b/run"));
  link("a/up", "../a/./b/../../near");
  link("folder", "a//b");
  mode("a", 0711);
  for (const char* path : {"a/b/run", "a/b/../b//./run", "near", "far", "a/up", "folder/run",
                           "folder/../b/run", "../../../../../../../../../../bin/sh"}) {
    EXPECT_EQ(open(path), "ok") << path;
  }
  struct stat wanted {};
  struct stat got {};
  ASSERT_EQ(::stat(at("a/b/run").c_str(), &wanted), 0);
  ASSERT_EQ(::fstat(Program::open(at("a/up")).value().fd(), &got), 0);
  EXPECT_EQ(got.st_ino, wanted.st_ino);
}

TEST_F(ProgramTest, WhatIsNotThereOrNoProgramIsSaid) {
  link("nowhere", "a/none");
  link("round", "round");
  file("text", 0644);
  ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0755), 0);
  for (const char* path : {"none", "none/run", "a/b/run/", "a/b/run/x", "a/b/run/..", "nowhere"}) {
    const auto program = Program::open(at(path));
    ASSERT_FALSE(program) << path;
    EXPECT_EQ(program.error().code, ErrorCode::not_found) << path;
  }
  for (const char* path : {"a", "a/", "text", "fifo", "a/b/.."}) {
    const auto program = Program::open(at(path));
    ASSERT_FALSE(program) << path;
    EXPECT_EQ(program.error().code, ErrorCode::invalid) << path;
  }
  EXPECT_THAT(open("round"), HasSubstr("Too many levels of symbolic links"));
  EXPECT_EQ(Program::open("bin/sh").error().code, ErrorCode::invalid);
  EXPECT_EQ(Program::open("").error().code, ErrorCode::invalid);
}

TEST_F(ProgramTest, FortyLinksAreFollowedAndNoMore) {
  link("0", "a/b/run");
  for (int i = 1; i <= 40; ++i)
    link(std::to_string(i), std::to_string(i - 1));
  EXPECT_EQ(open("39"), "ok");
  EXPECT_THAT(open("40"), HasSubstr("Too many levels of symbolic links"));
}

TEST_F(ProgramTest, AttackAFileThatAnybodyMayWriteTo) {
  mode("a/b/run", 0757);
  EXPECT_THAT(denied("a/b/run"), HasSubstr("chmod o-w " + at("a/b/run")));
}

TEST_F(ProgramTest, AttackADirectoryOnTheWayThatAnybodyMayWriteTo) {
  for (const char* open_one : {"a", "a/b"}) {
    mode(open_one, 0757);
    EXPECT_THAT(denied("a/b/run"), AllOf(HasSubstr("anybody may write to " + at(open_one)),
                                         HasSubstr("chmod o-w " + at(open_one) + " mends")));
    mode(open_one, 0755);
  }
  EXPECT_EQ(open("a/b/run"), "ok");
}

TEST_F(ProgramTest, AttackALinkThatLeadsThroughWhatAnybodyMayWriteTo) {
  directory("open");
  file("open/run");
  link("open/on", at("a/b/run"));
  link("straight", "open/run");
  link("through", "open/on");  // though it comes out where all is well
  link("back", "open/../a/b/run");
  link("open-folder", at("open"));
  mode("open", 0777);
  for (const char* path :
       {"straight", "through", "back", "open-folder/run", "open-folder/../a/b/run", "open/on"}) {
    EXPECT_THAT(denied(path), HasSubstr("chmod o-w " + at("open"))) << path;
  }
}

TEST_F(ProgramTest, AttackWhatAnotherAccountPutIntoAStickyDirectory) {
  directory("tmp", 01777);
  directory("tmp/mine");
  file("tmp/mine/run");
  file("tmp/run");
  link("tmp/link", "run");
  for (const char* path : {"tmp/mine/run", "tmp/run", "tmp/link"})
    EXPECT_EQ(open(path), "ok") << path;

  // A second name of a file of ours, which some kernels let anybody make.
  ASSERT_EQ(::link(at("a/b/run").c_str(), at("tmp/second").c_str()), 0);
  EXPECT_THAT(denied("tmp/second"), HasSubstr("has other names"));
  if (::geteuid() != 0) return;  // nobody else can give files away

  for (const char* path : {"tmp/mine", "tmp/run", "tmp/link"})
    give(path, kNobody, kNobody);
  for (const char* path : {"tmp/mine/run", "tmp/run", "tmp/link"})
    EXPECT_THAT(denied(path), HasSubstr("belongs to another user")) << path;
}

TEST_F(ProgramTest, AttackADirectoryOrFileOfAnotherAccount) {
  if (::geteuid() != 0) return;
  for (const char* path : {"a", "a/b", "a/b/run"}) {
    give(path, kNobody, 0);
    EXPECT_THAT(denied("a/b/run"), HasSubstr(at(path) + " belongs to another user"));
    give(path, 0, 0);
  }
  EXPECT_EQ(open("a/b/run"), "ok");
}

TEST_F(ProgramTest, AGroupMayWriteIfItIsOursOrTheSystems) {
  for (const char* path : {"a", "a/b/run"})
    mode(path, 02775);
  EXPECT_EQ(open("a/b/run"), "ok");  // our primary one
  if (::geteuid() != 0) return;
  for (const char* path : {"a", "a/b/run"}) {
    give(path, 0, kStaff);
    mode(path, 02775);
  }
  EXPECT_EQ(open("a/b/run"), "ok");
}

TEST_F(ProgramTest, AttackAGroupOfPeopleThatMayWrite) {
  if (::geteuid() != 0) return;
  for (const char* path : {"a", "a/b", "a/b/run"}) {
    give(path, 0, kFriends);
    EXPECT_EQ(open("a/b/run"), "ok");  // it may not write
    mode(path, 0775);
    EXPECT_THAT(denied("a/b/run"), HasSubstr("chmod g-w " + at(path))) << path;
    mode(path, 0777);
    EXPECT_THAT(denied("a/b/run"), HasSubstr("chmod go-w " + at(path))) << path;
    mode(path, 0755);
  }
  mode("a", 0775);
  give("a", 0, kUsers);
  EXPECT_THAT(denied("a/b/run"), HasSubstr("chmod g-w " + at("a")));
  mode("a", 01775);
  EXPECT_EQ(open("a/b/run"), "ok");  // sticky, and what is in it is ours
  give("a/b", kNobody, kFriends);
  EXPECT_THAT(denied("a/b/run"), HasSubstr("belongs to another user"));
}

TEST_F(ProgramTest, NamesCannotFoolTheTerminal) {
  directory("\x1b[31m", 0777);
  file("\x1b[31m/run");
  EXPECT_EQ(denied("\x1b[31m/run").find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace midimon
