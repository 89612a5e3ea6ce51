#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "vfs/disk.h"
#include "wasi/test_support.h"

namespace midimon::wasi {
namespace {

using testing::AnyOf;

using PathOpenTest = OnEveryStore;
INSTANTIATE_TEST_SUITE_P(Stores, PathOpenTest, every_store(), store_name);

constexpr std::uint16_t kCreate = abi::kOpenCreate;
constexpr std::uint16_t kExclusive = abi::kOpenExclusive;
constexpr std::uint16_t kTruncate = abi::kOpenTruncate;
constexpr std::uint16_t kDirectoryFlag = abi::kOpenDirectory;

OpenArgs with_oflags(std::uint32_t oflags, std::uint64_t rights = kBothRights) {
  return {0, oflags, rights, 0};
}
constexpr OpenArgs kNoFollow{0, 0, kReadRight, 0};

TEST_P(PathOpenTest, CreateMakesAFileOnce) {
  EXPECT_EQ(open_errno("f"), Errno::noent);
  EXPECT_EQ(open_errno("f", with_oflags(kCreate)), Errno::success);
  EXPECT_EQ(open_errno("f", with_oflags(kCreate)), Errno::success);
  EXPECT_EQ(open_errno("f", with_oflags(kCreate | kExclusive)), Errno::exist);
  EXPECT_EQ(open_errno("g", with_oflags(kCreate | kExclusive)), Errno::success);
  EXPECT_EQ(names(), (std::vector<std::string>{"f", "g"}));
}

TEST_P(PathOpenTest, TruncateEmptiesAFile) {
  make_file("f", "abc");
  EXPECT_EQ(open_errno("f", with_oflags(kTruncate)), Errno::success);
  EXPECT_EQ(contents("f"), "");
  EXPECT_EQ(open_errno("none", with_oflags(kTruncate)), Errno::noent);
}

TEST_P(PathOpenTest, DirectoryExcludesWhatMakesFiles) {
  EXPECT_EQ(mkdir("d"), Errno::success);
  for (const std::uint16_t flag : {kCreate, kExclusive, kTruncate}) {
    EXPECT_EQ(open_errno("d", with_oflags(kDirectoryFlag | flag, kReadRight)), Errno::inval);
    EXPECT_EQ(open_errno("n", with_oflags(kDirectoryFlag | flag, kReadRight)), Errno::inval);
  }
  EXPECT_EQ(names(), std::vector<std::string>{"d"});
}

TEST_P(PathOpenTest, DirectoryWantsADirectory) {
  make_file("f");
  EXPECT_EQ(mkdir("d"), Errno::success);
  EXPECT_EQ(open_errno("d", kDirectoryOnly), Errno::success);
  EXPECT_EQ(open_errno("d"), Errno::success);
  EXPECT_EQ(open_errno("f", kDirectoryOnly), Errno::notdir);
  EXPECT_EQ(open_errno("none", kDirectoryOnly), Errno::noent);
}

TEST_P(PathOpenTest, ADirectoryCannotBeOpenedToWrite) {
  EXPECT_EQ(mkdir("d"), Errno::success);
  EXPECT_EQ(open_errno("d", with_oflags(kDirectoryFlag, kBothRights)), Errno::isdir);
  EXPECT_EQ(open_errno("d", with_oflags(0, kWriteRight)), Errno::isdir);
  EXPECT_EQ(open_errno("d", with_oflags(kTruncate)), Errno::isdir);
  EXPECT_EQ(open_errno("d", with_oflags(kCreate)), Errno::isdir);
}

TEST_P(PathOpenTest, SynchronousFlagsAreNotsup) {
  for (const std::uint32_t flag : {abi::kFdDsync, abi::kFdRsync, abi::kFdSync}) {
    EXPECT_EQ(open_errno("f", {0, kCreate, kBothRights, flag}), Errno::notsup);
  }
  EXPECT_EQ(names(), std::vector<std::string>{});
}

TEST_P(PathOpenTest, NonblockAndAppendAreKept) {
  const Fd fd =
      must_open("f", {0, kCreate, kBothRights, std::uint32_t{abi::kFdNonblock} | abi::kFdAppend});
  EXPECT_EQ(fdstat(fd)->flags, abi::kFdNonblock | abi::kFdAppend);
}

TEST_P(PathOpenTest, UnknownFlagsAreInvalAndMakeNothing) {
  for (const std::uint32_t bad : {32U, 0x100U, 0x10000U, 0x80000000U}) {
    EXPECT_EQ(open_errno("f", {0, kCreate | bad, kBothRights, 0}), Errno::inval) << bad;
    EXPECT_EQ(open_errno("f", {0, kCreate, kBothRights, bad}), Errno::inval) << bad;
    EXPECT_EQ(open_errno("f", {bad, kCreate, kBothRights, 0}), Errno::inval) << bad;
  }
  EXPECT_EQ(open_errno("f", {2, kCreate, kBothRights, 0}), Errno::inval);
  EXPECT_EQ(open_errno("f", {0, kCreate | 16U, kBothRights, 0}), Errno::inval);
  EXPECT_EQ(names(), std::vector<std::string>{});
}

TEST_P(PathOpenTest, AFinalLinkIsFollowedOnlyWhenAsked) {
  make_file("f", "abc");
  EXPECT_EQ(mkdir("d"), Errno::success);
  EXPECT_EQ(symlink("f", "to_f"), Errno::success);
  EXPECT_EQ(symlink("d", "to_d"), Errno::success);
  EXPECT_EQ(contents("to_f"), "abc");
  EXPECT_EQ(open_errno("to_f", kNoFollow), Errno::loop);
  EXPECT_EQ(open_errno("to_d", kNoFollow), Errno::loop);
  EXPECT_EQ(open_errno("to_d", kDirectoryOnly), Errno::notdir);
  EXPECT_EQ(open_errno("to_f", kDirectoryOnly), Errno::notdir);
  EXPECT_EQ(open_errno("to_d", {1, kDirectoryFlag, kReadRight, 0}), Errno::success);
}

TEST_P(PathOpenTest, PathsAreCheckedBeforeAnythingElse) {
  EXPECT_EQ(open_errno(""), Errno::noent);
  EXPECT_EQ(open_errno("/etc/passwd"), Errno::perm);
  EXPECT_EQ(open_errno("../x"), Errno::perm);
  EXPECT_EQ(open_errno(std::string("a\0b", 3), kCreateIt), Errno::inval);
  EXPECT_EQ(open_errno("\xFF", kCreateIt), Errno::ilseq);
  EXPECT_EQ(open_errno(std::string(256, 'a'), kCreateIt), Errno::nametoolong);
  EXPECT_EQ(open_errno(std::string(4096, '/'), kCreateIt), Errno::nametoolong);
  EXPECT_EQ(names(), std::vector<std::string>{});
}

TEST_P(PathOpenTest, ASlashAtTheEndMeansADirectory) {
  make_file("f");
  EXPECT_EQ(mkdir("d"), Errno::success);
  EXPECT_EQ(open_errno("d/"), Errno::success);
  EXPECT_EQ(open_errno("f/"), Errno::notdir);
  EXPECT_EQ(open_errno("f/."), Errno::notdir);
  EXPECT_EQ(open_errno("f/.."), Errno::notdir);
  EXPECT_EQ(open_errno("new/", with_oflags(kCreate)), Errno::isdir);
}

TEST_P(PathOpenTest, StartsAtADirectoryOnly) {
  const Fd file = must_open("f");
  EXPECT_EQ(open_errno("x", kCreateIt, file), Errno::notdir);
  for (const Fd fd : {Fd{0}, Fd{1}, Fd{2}, kClosed, kWild}) {
    EXPECT_EQ(open_errno("x", kCreateIt, fd), Errno::badf);
  }
}

TEST_P(PathOpenTest, ASubdirectoryIsARootOfItsOwn) {
  make_file("outside", "secret");
  EXPECT_EQ(mkdir("d"), Errno::success);
  const Fd fd = must_open("d", kDirectoryOnly);
  make_file("in", "x", fd);
  EXPECT_EQ(contents("d/in"), "x");
  EXPECT_EQ(open_errno("../outside", {}, fd), Errno::perm);
  EXPECT_EQ(open_errno("..", kDirectoryOnly, fd), Errno::perm);
}

TEST_P(PathOpenTest, AReadOnlyMountRefusesToWriteCreateAndTruncate) {
  make_file("f", "abc");
  for (const std::uint64_t rights : {kReadRight, kBothRights, std::uint64_t{0}}) {
    EXPECT_EQ(open_errno("f", with_oflags(kTruncate, rights), kReadOnly), Errno::perm);
    EXPECT_EQ(open_errno("f", with_oflags(kCreate, rights), kReadOnly), Errno::perm);
    EXPECT_EQ(open_errno("n", with_oflags(kCreate, rights), kReadOnly), Errno::perm);
  }
  EXPECT_EQ(open_errno("f", with_oflags(0, kWriteRight), kReadOnly), Errno::perm);
  EXPECT_EQ(contents("f", kReadOnly), "abc");
  EXPECT_EQ(names(), std::vector<std::string>{"f"});
}

TEST_P(PathOpenTest, WhatIsOpenedThroughAReadOnlyMountIsReadOnly) {
  EXPECT_EQ(mkdir("d"), Errno::success);
  const Fd fd = must_open("d", kDirectoryOnly, kReadOnly);
  EXPECT_EQ(open_errno("n", with_oflags(kCreate), fd), Errno::perm);
  EXPECT_EQ(mkdir("n", fd), Errno::perm);
  EXPECT_EQ(names(), std::vector<std::string>{"d"});
}

TEST_P(PathOpenTest, BadPointersFaultAndMakeNothing) {
  const GuestText p = put("file");
  const auto try_open = [&](Ptr path, Size size, Ptr opened) {
    return run(path_open, kRoot, 0, path, size, kCreate, kBothRights, std::uint64_t{0}, 0, opened);
  };
  EXPECT_TRUE(leaves_memory_alone([&] {
    for (const Ptr bad : {kOut + 1, kOut + 2, kEnd, kEnd - 3, Ptr{0xFFFFFFFC}, Ptr{0xFFFFFFFF}}) {
      EXPECT_EQ(try_open(p.at, p.size, bad), Errno::fault) << bad;
    }
    EXPECT_EQ(try_open(kEnd - 3, 4, kOut), Errno::fault);
    EXPECT_EQ(try_open(kEnd, 1, kOut), Errno::fault);
    EXPECT_EQ(try_open(0xFFFFFFFF, 2, kOut), Errno::fault);
    EXPECT_EQ(try_open(p.at, 0xFFFFFFFF, kOut), Errno::fault);
    EXPECT_EQ(try_open(kEnd + 8, 0, kOut), Errno::fault);
    EXPECT_EQ(try_open(kEnd, 0, kOut), Errno::noent);
  }));
  EXPECT_EQ(names(), std::vector<std::string>{});
  EXPECT_EQ(must_open("f"), kFirstFree);  // none of them kept a number
}

// What only a disk can hold.
class SpecialFilesTest : public OnEveryStore {
 protected:
  // What opening and looking at `name` answers, quickly.
  void expect_refused(const std::string& name, Errno why) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(open_errno(name), why);
    EXPECT_EQ(open_errno(name, {1, 0, kReadRight, abi::kFdNonblock}), why);
    EXPECT_THAT(open_errno(name, with_oflags(0, kWriteRight)), AnyOf(why, Errno::nxio));
    EXPECT_THAT(open_errno(name, with_oflags(kCreate)), AnyOf(why, Errno::nxio));
    EXPECT_EQ(open_errno(name, kDirectoryOnly), Errno::notdir);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(500));
    EXPECT_EQ(vfs::code(fdstat(kFirstFree)), Errno::badf);
  }
};
INSTANTIATE_TEST_SUITE_P(Disk, SpecialFilesTest, testing::Values(Store::openat2, Store::walker),
                         store_name);

TEST_P(SpecialFilesTest, Attack31And32_AFifoNeverBlocks) {
  ASSERT_EQ(::mkfifo((*host_ / "fifo").c_str(), 0600), 0);
  expect_refused("fifo", Errno::nxio);
  EXPECT_EQ(stat("fifo")->filetype, 0);
}

TEST_P(SpecialFilesTest, Attack33_ASocketIsRefused) {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = *host_ / "socket";
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  expect_refused("socket", Errno::nxio);
  EXPECT_EQ(stat("socket")->filetype, 0);
}

TEST_P(SpecialFilesTest, Attack34_ADeviceNodeIsRefused) {
  // 1:5 is /dev/zero. Who may not make one looks at the one in /dev instead.
  if (::mknod((*host_ / "zero").c_str(), S_IFCHR | 0666, 0x105) != 0) {
    const auto devices = vfs::open_disk("/dev", {});
    vfs::Path zero;
    ASSERT_TRUE(devices && zero.parse("zero") == Errno::success);
    const auto device = (*devices)->open(zero, {.read = true});
    ASSERT_FALSE(device);
    EXPECT_EQ(device.error(), Errno::nxio);
    return;
  }
  const auto opened = open("zero");
  EXPECT_FALSE(opened.has_value());
  EXPECT_THAT(vfs::code(opened), AnyOf(Errno::nxio, Errno::acces, Errno::perm));
  EXPECT_EQ(stat("zero")->filetype, 2);
}

}  // namespace
}  // namespace midimon::wasi
