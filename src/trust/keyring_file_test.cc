#include "trust/keyring_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "trust/private_file.h"
#include "trust/test_support.h"

namespace midimon::trust {
namespace {

using namespace testing;  // NOLINT
using ::testing::HasSubstr;

class KeyringFile : public ::testing::Test {
 protected:
  KeyringFile() {
    std::string name = (std::filesystem::temp_directory_path() / "midimon-trust-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    path_ = root_ + "/config/trusted_keys.toml";
  }
  ~KeyringFile() override { std::filesystem::remove_all(root_); }

  Result<void> add(const std::string& plugin) const {
    return update_keyring(path_, [&](Keyring& ring) {
      return ring.trust({"n", public_key(), TrustOrigin::pinned, {}, {plugin}, false, {}});
    });
  }
  [[nodiscard]] mode_t mode(const std::string& path) const {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
  }
  [[nodiscard]] std::string text() const {
    std::ifstream in(path_);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] std::size_t files() const {
    const std::filesystem::directory_iterator all(root_ + "/config");
    return static_cast<std::size_t>(std::distance(all, {}));
  }

  std::string root_;
  std::string path_;
};

TEST_F(KeyringFile, IsEmptyBeforeTheFirstKeyAndPrivateAfterIt) {
  const auto empty = load_keyring(path_);
  ASSERT_TRUE(empty) << error_of(empty);
  EXPECT_TRUE(empty->keys().empty());
  for (const mode_t mask : {0000U, 0022U, 0777U}) {
    std::filesystem::remove(path_);
    const mode_t before = ::umask(mask);
    const auto added = add("a");
    ::umask(before);
    ASSERT_TRUE(added) << error_of(added);
    EXPECT_EQ(mode(path_), 0600U);
    EXPECT_EQ(mode(root_ + "/config"), 0700U);
  }
  EXPECT_EQ(load_keyring(path_)->keys().size(), 1U);
  EXPECT_EQ(files(), 1U) << "nothing else is left";
}

TEST_F(KeyringFile, ReadingMakesNothing) {
  EXPECT_TRUE(load_keyring(path_));
  EXPECT_FALSE(std::filesystem::exists(root_ + "/config"));
}

TEST_F(KeyringFile, IsLeftAloneWhenTheChangeFails) {
  ASSERT_TRUE(add("a"));
  const std::string before = text();
  EXPECT_FALSE(add("Not An Id"));
  EXPECT_EQ(text(), before);
  std::ofstream(path_) << "format = 1\nkeys = 3\n";
  EXPECT_THAT(error_of(add("b")), HasSubstr(path_ + ":2:8: "));
  EXPECT_EQ(text(), "format = 1\nkeys = 3\n") << "a hand edit gone wrong is not thrown away";
}

TEST_F(KeyringFile, IsRefusedWhereOthersCouldHaveWrittenIt) {
  ASSERT_TRUE(add("a"));
  ASSERT_EQ(::chmod(path_.c_str(), 0620), 0);
  EXPECT_THAT(error_of(load_keyring(path_)), HasSubstr("chmod go-w"));
  ASSERT_EQ(::chmod(path_.c_str(), 0602), 0);
  EXPECT_FALSE(add("b"));
  ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  EXPECT_TRUE(add("b")) << "reading it tells no secret";
  EXPECT_EQ(mode(path_), 0600U);
  ASSERT_EQ(::chmod((root_ + "/config").c_str(), 0777), 0);
  EXPECT_THAT(error_of(load_keyring(path_)), HasSubstr("/config has the mode 0777"));
}

TEST_F(KeyringFile, IsRefusedAsALinkOfEitherKindOrNoFileAtAll) {
  ASSERT_TRUE(add("a"));
  const std::string elsewhere = root_ + "/elsewhere";
  std::filesystem::create_hard_link(path_, elsewhere);
  EXPECT_THAT(error_of(load_keyring(path_)), HasSubstr("hard link"));
  std::filesystem::remove(path_);
  std::filesystem::create_symlink(elsewhere, path_);
  EXPECT_THAT(error_of(load_keyring(path_)), HasSubstr("symbolic link"));
  EXPECT_FALSE(add("b"));
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
  std::filesystem::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(error_of(load_keyring(path_)), HasSubstr("is not a file"));
}

TEST_F(KeyringFile, LosesNoChangeOfProcessesAtTheSameTime) {
  constexpr int kProcesses = 8;
  constexpr int kEach = 10;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      bool good = true;
      for (int j = 0; j < kEach; ++j)
        good = good && add("p" + std::to_string(i) + "-" + std::to_string(j));
      ::_exit(good ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(load_keyring(path_)->keys()[0].plugins.size(), kProcesses * kEach);
}

TEST_F(KeyringFile, IsOldOrNewAfterAKillAtAnyMoment) {
  ASSERT_TRUE(add("first"));
  for (int round = 0; round < 50; ++round) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (int i = 0;; ++i)
        static_cast<void>(add("p" + std::to_string(i)));
    }
    ::usleep(static_cast<useconds_t>(100 + round * 137));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    const auto ring = load_keyring(path_);
    ASSERT_TRUE(ring) << error_of(ring);
    EXPECT_NE(ring->signer_of("first"), nullptr);
  }
}

TEST_F(KeyringFile, ANewFileIsNeverPutOverAnother) {
  const std::string path = root_ + "/key";
  const unsigned char bytes[] = {'a', 'b'};
  ASSERT_TRUE(create_file(path, bytes, 0600));
  EXPECT_EQ(mode(path), 0600U);
  EXPECT_EQ(create_file(path, bytes, 0600).error().code, ErrorCode::busy);
  ASSERT_TRUE(replace_file(path, bytes, 0644));
  EXPECT_EQ(mode(path), 0644U);
  // Nor through a link that leads to where nothing is yet.
  std::filesystem::create_symlink(root_ + "/target", root_ + "/link");
  EXPECT_EQ(create_file(root_ + "/link", bytes, 0600).error().code, ErrorCode::busy);
  EXPECT_FALSE(std::filesystem::exists(root_ + "/target"));
}

TEST_F(KeyringFile, ASecretThatOthersMayReadIsRefused) {
  const std::string path = root_ + "/secret";
  const unsigned char bytes[] = {'p', 'w'};
  ASSERT_TRUE(create_file(path, bytes, 0600));
  EXPECT_EQ(read_secret_file(path, 2)->text(), "pw");
  EXPECT_EQ(read_secret_file(path, 1).error().code, ErrorCode::limit);
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  EXPECT_THAT(error_of(read_secret_file(path, 2)), HasSubstr("chmod 0600"));
  EXPECT_EQ(read_secret_file(root_ + "/none", 2).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace midimon::trust
