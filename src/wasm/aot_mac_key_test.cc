#include "wasm/aot_mac_key.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace midimon::wasm {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class MacKeyTest : public ::testing::Test {
 protected:
  MacKeyTest() {
    std::string name = (fs::temp_directory_path() / "midimon-key-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    directory_.reset(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  ~MacKeyTest() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  [[nodiscard]] Result<FoundMacKey> find() const { return find_mac_key(directory_.get(), root_); }
  [[nodiscard]] fs::path path() const { return root_ / kMacKeyName; }

  // The key that is found must be another one than `before`, and in a file as it ought to be.
  void expect_replaced(const MacKey& before, const std::string& why) const {
    const auto found = find();
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_NE(found->key, before);
    EXPECT_THAT(found->replaced, HasSubstr(why));
    struct stat status {};
    ASSERT_EQ(::lstat(path().c_str(), &status), 0);
    EXPECT_TRUE(S_ISREG(status.st_mode));
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    EXPECT_EQ(status.st_nlink, 1U);
    EXPECT_EQ(find()->key, found->key);
    EXPECT_EQ(find()->replaced, "");
  }

  fs::path root_;
  UniqueFd directory_;
};

TEST_F(MacKeyTest, IsMadeOnceForItsOwnerAlone) {
  const mode_t before = ::umask(0);
  const auto made = find();
  ::umask(before);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->replaced, "");
  EXPECT_NE(made->key, MacKey{});
  EXPECT_EQ(find()->key, made->key);
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::file_size(path()), 32U);
}

TEST_F(MacKeyTest, IsReplacedWhereOthersMayHaveReadIt) {
  for (const mode_t mode : {0644U, 0640U, 0620U, 0601U}) {
    const MacKey before = find()->key;
    ::chmod(path().c_str(), mode);
    expect_replaced(before, "mode");
  }
}

TEST_F(MacKeyTest, IsReplacedWhereItIsShortOrLong) {
  const MacKey before = find()->key;
  for (const std::size_t size : {0U, 31U, 33U, 4096U}) {
    fs::resize_file(path(), size);
    expect_replaced(before, "size");
  }
}

TEST_F(MacKeyTest, IsReplacedWhereItHasAnotherName) {
  const MacKey before = find()->key;
  fs::create_hard_link(path(), root_ / "other");
  expect_replaced(before, "hard link");
}

TEST_F(MacKeyTest, IsNotReadOrWrittenThroughALink) {
  const fs::path elsewhere = root_ / "elsewhere";
  std::ofstream(elsewhere) << std::string(32, 'x');
  ::chmod(elsewhere.c_str(), 0600);
  fs::create_symlink(elsewhere, path());
  MacKey known;
  known.fill('x');
  expect_replaced(known, "symbolic link");
  EXPECT_EQ(fs::file_size(elsewhere), 32U);
  EXPECT_TRUE(fs::exists(elsewhere));
}

TEST_F(MacKeyTest, IsReplacedWhereItIsAFifo) {
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  expect_replaced({}, "not a file");
}

TEST_F(MacKeyTest, SaysWhatToDoWhereADirectoryIsInItsPlace) {
  fs::create_directory(path());
  const auto found = find();
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr(path().string()));
}

TEST_F(MacKeyTest, IsTheSameForProcessesThatMakeItAtTheSameTime) {
  for (int round = 0; round < 20; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    std::vector<pid_t> children;
    for (int i = 0; i < 8; ++i) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        const auto found = find();
        const bool good = found && found->replaced.empty() &&
                          ::write(pipe[1], found->key.data(), found->key.size()) == 32;
        ::_exit(good ? 0 : 1);
      }
      children.push_back(pid);
    }
    ::close(pipe[1]);
    std::set<MacKey> keys;
    MacKey key;
    while (::read(pipe[0], key.data(), key.size()) == 32)
      keys.insert(key);
    ::close(pipe[0]);
    for (const pid_t pid : children) {
      int status = 0;
      ::waitpid(pid, &status, 0);
      EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(keys.size(), 1U);
    fs::remove(path());
  }
}

}  // namespace
}  // namespace midimon::wasm
