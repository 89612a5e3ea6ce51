// The attack catalogue's races: another thread swaps names while the sandbox is used. A few hundred
// milliseconds each; MIDIMON_STRESS_ROUNDS=300000 runs each for at least that many rounds.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdio.h>  // renameat2, RENAME_EXCHANGE

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "vfs/attack_support.h"

namespace midimon::vfs {
namespace {

using std::chrono::steady_clock;

// The Storm class repeats `body` in a thread of its own for as long as it lives.
class Storm {
 public:
  template <typename Body>
  explicit Storm(Body body)
      : thread_([this, body] {
          while (!stop_) {
            body();
            ++rounds_;
          }
        }) {}
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;
  ~Storm() {
    stop_ = true;
    thread_.join();
  }
  [[nodiscard]] std::uint64_t rounds() const { return rounds_; }

 private:
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> rounds_ = 0;
  std::thread thread_;
};

class Race : public Stage {
 protected:
  Race() {
    plant("../outside", "out");
    plant("../secret", "link");
    write_host_file(inside("dir/secret"), "inside");
  }

  // Calls `body` for a while, and at least as often as the environment says; answers how often.
  template <typename Body>
  static std::uint64_t repeat(Body body) {
    const std::uint64_t wanted = env_number("MIDIMON_STRESS_ROUNDS", 0);
    const auto end = steady_clock::now() + std::chrono::milliseconds(250);
    std::uint64_t rounds = 0;
    while (rounds < wanted || steady_clock::now() < end) {
      body();
      ++rounds;
    }
    return rounds;
  }
  void exchange(const std::string& a, const std::string& b) const {
    ::renameat2(AT_FDCWD, inside(a).c_str(), AT_FDCWD, inside(b).c_str(), RENAME_EXCHANGE);
  }
  // Opens and reads; what was read must be what lies inside.
  void read_expecting_inside(const std::string& path) {
    const auto file = fs_.file(path, kReadFollow);
    if (file == nullptr) return;
    ++reads_;
    EXPECT_EQ(read_text(*file), "inside") << path;
  }
  static bool one_of(Errno got, std::initializer_list<Errno> allowed) {
    return std::find(allowed.begin(), allowed.end(), got) != allowed.end();
  }

  std::uint64_t reads_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Both, Race, testing::Values(ResolverKind::openat2, ResolverKind::walker),
                         resolver_name);

TEST_P(Race, Attack24_FileAndSymlinkDuringOpen) {
  const auto host = open(host_.path());
  const std::uint64_t secret = Calls(*host).stat("secret")->inode;
  const Storm storm([this] { exchange("file", "link"); });
  repeat([this, secret] {
    read_expecting_inside("file");
    const Errno unfollowed = fs_.open("file", kRead);
    EXPECT_TRUE(one_of(unfollowed, {Errno::success, Errno::loop})) << to_string(unfollowed);
    (void)fs_.open("file", {.write = true, .create = true, .follow = true});
    (void)fs_.set_times("file", true, {Nanos(1), Nanos(1)});
    EXPECT_NE(fs_.stat("file", true).value_or(Stat{}).inode, secret);
  });
  EXPECT_GT(Calls(*host).stat("secret")->modified, Nanos(1));
  EXPECT_GT(reads_, 0U);
  EXPECT_GT(storm.rounds(), 0U);
  expect_outside_untouched();
}

TEST_P(Race, Attack24_TruncateDuringASwap) {
  const Storm storm([this] { exchange("file", "link"); });
  repeat([this] { (void)fs_.open("file", {.write = true, .truncate = true, .follow = true}); });
  expect_outside_untouched();
}

TEST_P(Race, Attack25_DirectoryAndSymlinkInTheMiddle) {
  const Storm storm([this] { exchange("dir", "out"); });
  repeat([this] {
    read_expecting_inside("dir/secret");
    read_expecting_inside("dir/../dir/secret");
  });
  EXPECT_GT(reads_, 0U);
  expect_outside_untouched();
}

TEST_P(Race, Attack26_DirectoryAndSymlinkWithASlash) {
  const std::uint64_t outside = open(host_ / "outside")->stat()->inode;
  const Storm storm([this] { exchange("dir", "out"); });
  repeat([this, outside] {
    EXPECT_NE(fs_.stat("dir/").value_or(Stat{}).inode, outside);
    const auto dir = fs_.directory("dir/");
    EXPECT_NE(dir == nullptr ? 0 : dir->stat()->inode, outside);
    (void)fs_.set_times("dir/", true, {Nanos(1), Nanos(1)});
    (void)fs_.mkdir("dir/");
    (void)fs_.rmdir("dir/");
    (void)fs_.unlink("dir/");
  });
  EXPECT_GT(open(host_ / "outside")->stat()->modified, Nanos(1));
  expect_outside_untouched();
}

TEST_P(Race, Attack27_DirectoryMovedUpWhileDotDotIsWalked) {
  std::filesystem::create_directories(inside("a/b/c"));
  write_host_file(inside("secret"), "inside");
  // While c is at the top, the third ".." from it is above the sandbox, where another secret lies.
  const Storm storm([this] {
    std::filesystem::rename(inside("a/b/c"), inside("c"));
    std::filesystem::rename(inside("c"), inside("a/b/c"));
  });
  repeat([this] {
    read_expecting_inside("a/b/c/../../../secret");
    read_expecting_inside("a/b/c/../../../dir/secret");
    EXPECT_NE(fs_.open("a/b/c/../../../../secret", kRead), Errno::success);
  });
  EXPECT_GT(reads_, 0U);
  expect_outside_untouched();
}

TEST_P(Race, Attack28_ManyDotDotsUnderARenameStormEndInTime) {
  std::filesystem::create_directory(inside("a"));
  std::string path;
  for (int i = 0; i < 30; ++i)
    path += "a/../";
  path += "file";
  const Storm storm([this] { exchange("dir", "out"); });
  auto longest = steady_clock::duration::zero();
  repeat([&] {
    const auto start = steady_clock::now();
    EXPECT_EQ(fs_.open(path, kRead), Errno::success);
    longest = std::max(longest, steady_clock::now() - start);
  });
  EXPECT_LT(longest, std::chrono::seconds(2));  // generous: the machine may be busy
}

TEST_P(Race, Attack29_OnePluginsStormDoesNotStopAnother) {
  TempDir elsewhere;
  std::filesystem::create_directory(elsewhere / "x");
  const auto attacker = open(elsewhere.path());
  const Storm storm([&attacker] {
    Calls fs(*attacker);
    (void)fs.rename("x", "y");
    (void)fs.rename("y", "x");
  });
  repeat([this] {
    EXPECT_EQ(fs_.open("dir/../file", kRead), Errno::success);
    EXPECT_EQ(code(fs_.stat("dir/../dir/../dir/secret")), Errno::success);
  });
  EXPECT_GT(storm.rounds(), 0U);
}

TEST_P(Race, Attack30_ParentSwappedDuringChanges) {
  const Storm storm([this] { exchange("dir", "out"); });
  repeat([this] {
    (void)fs_.open("dir/new", kCreate);
    (void)fs_.mkdir("dir/made");
    (void)fs_.symlink("t", "dir/l");
    (void)fs_.link("dir/secret", "dir/linked");
    (void)fs_.rename("dir/new", "dir/moved");
    (void)fs_.rename("dir/linked", "dir/../taken");
    EXPECT_NE(fs_.get("taken"), "secret");
    (void)fs_.unlink("dir/moved");
    (void)fs_.unlink("dir/l");
    (void)fs_.rmdir("dir/made");
    (void)fs_.unlink("taken");
  });
  expect_outside_untouched();
}

}  // namespace
}  // namespace midimon::vfs
