#include "grants/book_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace midimon::grants {
namespace {

using ::testing::HasSubstr;

const Signer kModule(trust::Sha256{1});

class BookFile : public ::testing::Test {
 protected:
  BookFile() {
    std::string name = (std::filesystem::temp_directory_path() / "midimon-grants-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    path_ = root_ + "/state/grants.toml";
  }
  ~BookFile() override { std::filesystem::remove_all(root_); }

  Result<void> note(const std::string& id) const {
    return update_book(path_, "boot", [&](GrantBook& book) {
      return book.note({id, kModule, "1", false, {{CapabilityKind::midi, {}, ""}}, {}});
    });
  }
  [[nodiscard]] std::string text() const {
    std::ifstream in(path_);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string root_;
  std::string path_;
};

TEST_F(BookFile, IsEmptyAtFirstAndPrivateAfterwards) {
  EXPECT_TRUE(load_book(path_)->entries().empty());
  EXPECT_FALSE(std::filesystem::exists(root_ + "/state")) << "looking makes nothing";
  const mode_t before = ::umask(0);
  ASSERT_TRUE(note("a"));
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(load_book(path_)->entries().size(), 1U);
}

TEST_F(BookFile, IsNotWrittenWhereNothingChangesOrAChangeFails) {
  ASSERT_TRUE(note("a"));
  struct stat first {};
  ASSERT_EQ(::stat(path_.c_str(), &first), 0);
  ASSERT_TRUE(note("a"));
  EXPECT_FALSE(note("Not An Id"));
  struct stat second {};
  ASSERT_EQ(::stat(path_.c_str(), &second), 0);
  EXPECT_EQ(first.st_ino, second.st_ino);
}

TEST_F(BookFile, AHandEditGoneWrongIsSaidAndNotThrownAway) {
  ASSERT_TRUE(note("a"));
  std::ofstream(path_) << "format = 1\nplugins = 3\n";
  EXPECT_THAT(load_book(path_).error().message, HasSubstr(path_ + ":2:11: "));
  EXPECT_FALSE(note("b"));
  EXPECT_EQ(text(), "format = 1\nplugins = 3\n");
}

TEST_F(BookFile, WhatOthersCouldHaveWrittenIsRefused) {
  ASSERT_TRUE(note("a"));
  ::chmod(path_.c_str(), 0666);
  EXPECT_THAT(load_book(path_).error().message, HasSubstr("chmod go-w"));
  ::chmod(path_.c_str(), 0600);
  std::filesystem::rename(path_, root_ + "/elsewhere");
  std::filesystem::create_symlink(root_ + "/elsewhere", path_);
  EXPECT_THAT(load_book(path_).error().message, HasSubstr("symbolic link"));
  EXPECT_FALSE(note("b"));
  std::filesystem::remove(path_);
  std::filesystem::create_hard_link(root_ + "/elsewhere", path_);
  EXPECT_THAT(load_book(path_).error().message, HasSubstr("hard link"));
}

TEST_F(BookFile, ProcessesDoNotLoseEachOthersGrants) {
  constexpr int kProcesses = 4;
  constexpr int kEach = 20;
  for (int process = 0; process < kProcesses; ++process) {
    if (::fork() != 0) continue;
    bool ok = true;
    for (int i = 0; i < kEach; ++i)
      ok = ok && note("p" + std::to_string(process) + "-" + std::to_string(i)).has_value();
    ::_exit(ok ? 0 : 1);
  }
  for (int process = 0; process < kProcesses; ++process) {
    int status = 0;
    ::wait(&status);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(load_book(path_)->entries().size(), std::size_t{kProcesses * kEach});
}

TEST_F(BookFile, AChangeEndsWhatHeldUntilARestart) {
  ASSERT_TRUE(note("a"));
  const auto grant = [&](const std::string& boot) {
    return update_book(path_, boot, [&](GrantBook& book) {
      return book.grant("a", kModule, {*parse_capability("midi"), {}, {boot, {}}});
    });
  };
  ASSERT_TRUE(grant("one"));
  ASSERT_TRUE(grant("two"));
  const auto book = load_book(path_);
  ASSERT_EQ(book->entries().front().grants.size(), 1U);
  EXPECT_EQ(book->entries().front().grants.front().lasting.boot, "two");
}

TEST(ThisBoot, IsTheSameUntilTheMachineRestarts) {
  EXPECT_EQ(this_boot(), this_boot());
}

}  // namespace
}  // namespace midimon::grants
