// The second fence with the first one switched off: a resolver that follows every path wherever it
// leads, under Landlock.
#include "vfs/landlock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "vfs/attack_support.h"

namespace midimon::vfs {
namespace {

// What no program may use: "..", links and mounts all lead out.
class OpenResolver final : public Resolver {
 public:
  ErrnoOr<UniqueFd> open(int dirfd, const char* path, int flags, mode_t mode) const override {
    UniqueFd fd(::openat(dirfd, path, flags | O_CLOEXEC, mode));
    if (!fd.valid()) return err(last_errno());
    return fd;
  }
};

class Landlock : public testing::Test {
 protected:
  // host_/root is what the thread is held to; links in it lead to host_/outside.
  static const TempDir& furnish(const TempDir& host) {
    std::filesystem::create_directories(host / "root/dir/deep");
    std::filesystem::create_directory(host / "outside");
    write_host_file(host / "outside/secret", "secret");
    write_host_file(host / "root/file", "inside");
    std::filesystem::create_symlink("../outside", host / "root/link_out");
    std::filesystem::create_symlink(host / "outside/secret", host / "root/absolute_link");
    return host;
  }
  static UniqueFd open_root(const TempDir& host) {
    return UniqueFd(::open((host / "root").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

  // Runs `body` in a thread that is held to host_/root. Where the kernel has no Landlock, create()
  // must say so.
  template <typename Body>
  void confined(bool read_only, Body body) {
    auto ruleset = LandlockRuleset::create();
    if (landlock_abi() < kLandlockNeeded) {
      ASSERT_EQ(ruleset.error().code, ErrorCode::unsupported);
      return;
    }
    ASSERT_TRUE(ruleset);
    ASSERT_TRUE(ruleset->allow(open_root(host_).get(), read_only));
    std::thread([&] {
      ASSERT_TRUE(ruleset->restrict_thread());
      body();
    }).join();
  }

  TempDir host_;
  std::unique_ptr<Directory> root_ =
      std::move(*open_disk(open_root(furnish(host_)), std::make_unique<OpenResolver>(), false));
  Calls fs_{*root_};
};

// Without it the tests below would show nothing.
TEST_F(Landlock, ThePathsOfTheseTestsLeadOutWithoutIt) {
  EXPECT_EQ(fs_.get("../outside/secret"), "secret");
  EXPECT_EQ(fs_.get("link_out/secret"), "secret");
  EXPECT_EQ(fs_.get("absolute_link"), "secret");
  EXPECT_EQ(fs_.mkdir("link_out/made"), Errno::success);
  EXPECT_EQ(fs_.rename("file", "link_out/file"), Errno::success);
  EXPECT_EQ(fs_.open("../outside/secret", {.write = true, .truncate = true}), Errno::success);
  EXPECT_EQ(read_host_file(host_ / "outside/secret"), "");
}

TEST_F(Landlock, NothingOutsideIsOpened) {
  confined(false, [this] {
    for (const char* path : {"../outside/secret", "link_out/secret", "absolute_link",
                             "dir/../../outside/secret", "link_out/../outside/secret"}) {
      EXPECT_EQ(fs_.open(path, kReadFollow), Errno::acces) << path;
      EXPECT_EQ(fs_.open(path, {.write = true, .follow = true}), Errno::acces) << path;
      EXPECT_EQ(fs_.open(path, {.write = true, .truncate = true, .follow = true}), Errno::acces)
          << path;
    }
    EXPECT_EQ(fs_.open("../outside", kDirectory), Errno::acces);
    EXPECT_EQ(fs_.open("..", kDirectory), Errno::acces);
    EXPECT_EQ(::open("/etc/passwd", O_RDONLY | O_CLOEXEC), -1);
    EXPECT_EQ(::open("/proc/self/environ", O_RDONLY | O_CLOEXEC), -1);
  });
  EXPECT_EQ(read_host_file(host_ / "outside/secret"), "secret");
}

TEST_F(Landlock, NothingOutsideIsMadeChangedOrRemoved) {
  confined(false, [this] {
    EXPECT_EQ(fs_.open("link_out/made", kCreate), Errno::acces);
    EXPECT_EQ(fs_.mkdir("link_out/made"), Errno::acces);
    EXPECT_EQ(fs_.symlink("t", "link_out/made"), Errno::acces);
    EXPECT_EQ(fs_.unlink("link_out/secret"), Errno::acces);
    EXPECT_EQ(fs_.rmdir("../outside"), Errno::acces);
    // A move across the border is one between hierarchies: XDEV or EACCES, as the kernel sees fit.
    EXPECT_NE(fs_.rename("file", "link_out/file"), Errno::success);
    EXPECT_NE(fs_.rename("link_out/secret", "mine"), Errno::success);
    EXPECT_NE(fs_.link("link_out/secret", "mine"), Errno::success);
    EXPECT_NE(fs_.link("file", "link_out/file"), Errno::success);
  });
  EXPECT_EQ(names_in(*root_),
            (std::vector<std::string>{"absolute_link", "dir", "file", "link_out"}));
  EXPECT_EQ(read_host_file(host_ / "outside/secret"), "secret");
}

TEST_F(Landlock, WhatIsInsideWorksAsBefore) {
  confined(false, [this] {
    EXPECT_EQ(fs_.get("file"), "inside");
    EXPECT_TRUE(fs_.put("dir/new", "new"));
    EXPECT_EQ(fs_.open("dir/new", kTruncate), Errno::success);
    EXPECT_EQ(fs_.file("dir/new")->set_size(10), Errno::success);
    EXPECT_EQ(fs_.rename("dir/new", "dir/deep/new"), Errno::success);  // REFER
    EXPECT_EQ(fs_.link("dir/deep/new", "other"), Errno::success);
    EXPECT_EQ(fs_.symlink("file", "link"), Errno::success);
    EXPECT_EQ(fs_.get("link"), "inside");
    EXPECT_EQ(fs_.mkdir("made"), Errno::success);
    EXPECT_EQ(fs_.rmdir("made"), Errno::success);
    EXPECT_EQ(fs_.unlink("other"), Errno::success);
    EXPECT_EQ(names_in(*fs_.directory("dir/deep")), std::vector<std::string>{"new"});
  });
}

TEST_F(Landlock, AReadOnlyDirectoryIsRead) {
  confined(true, [this] {
    EXPECT_EQ(fs_.get("file"), "inside");
    EXPECT_EQ(fs_.open("file", {.write = true}), Errno::acces);
    EXPECT_EQ(fs_.open("new", kCreate), Errno::acces);
    EXPECT_EQ(fs_.mkdir("new"), Errno::acces);
    EXPECT_EQ(fs_.unlink("file"), Errno::acces);
  });
}

TEST_F(Landlock, HoldsOneThreadAndNotTheOthers) {
  confined(false, [] { EXPECT_EQ(::open("/etc/passwd", O_RDONLY | O_CLOEXEC), -1); });
  EXPECT_TRUE(UniqueFd(::open("/etc/passwd", O_RDONLY | O_CLOEXEC)).valid());
}

TEST_F(Landlock, NoTcpPortIsOpened) {
  if (landlock_abi() < 4) {
    EXPECT_TRUE(LandlockRuleset::create() || landlock_abi() < kLandlockNeeded);
    return;  // older kernels cannot forbid it, and nothing promises that they do
  }
  confined(false, [] {
    const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), -1);
    EXPECT_EQ(errno, EACCES);
  });
}

}  // namespace
}  // namespace midimon::vfs
