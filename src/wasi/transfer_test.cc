#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wasi/test_support.h"

namespace midimon::wasi {
namespace {

using testing::AnyOf;

using TransferTest = OnEveryStore;
INSTANTIATE_TEST_SUITE_P(Stores, TransferTest, every_store(), store_name);

constexpr OpenArgs kReadOnlyFile{0, 0, kReadRight, 0};
constexpr OpenArgs kWriteOnlyFile{0, abi::kOpenCreate, kWriteRight, 0};
constexpr OpenArgs kAppending{0, abi::kOpenCreate, kBothRights, abi::kFdAppend};

TEST_P(TransferTest, WriteAndReadMoveTheOffset) {
  const Fd fd = must_open("f");
  EXPECT_EQ(write(fd, "hello "), 6U);
  EXPECT_EQ(write(fd, "world"), 5U);
  EXPECT_EQ(tell(fd), 11U);
  EXPECT_EQ(seek(fd, 6), 6U);
  EXPECT_EQ(read(fd, 3), "wor");
  EXPECT_EQ(read(fd, 30), "ld");
  EXPECT_EQ(read(fd, 30), "");
  EXPECT_EQ(tell(fd), 11U);
}

TEST_P(TransferTest, TwoDescriptorsOfOneFileHaveTheirOwnOffsets) {
  const Fd a = must_open("f");
  const Fd b = must_open("f");
  EXPECT_EQ(write(a, "abc"), 3U);
  EXPECT_EQ(tell(b), 0U);
  EXPECT_EQ(read(b), "abc");
}

TEST_P(TransferTest, AllIovecsAreServedInOrder) {
  const Fd fd = must_open("f");
  const GuestText text = put("0123456789");
  const Ptr gather = put_values<abi::Iovec>({{text.at, 1}, {text.at + 1, 0}, {text.at + 1, 9}});
  EXPECT_EQ(run(fd_write, fd, gather, 3, kOut), Errno::success);
  EXPECT_EQ(out<Size>(), 10U);
  EXPECT_EQ(seek(fd, 0), 0U);
  const Ptr scatter =
      put_values<abi::Iovec>({{kBuffer, 4}, {kBuffer + 100, 0}, {kBuffer + 100, 9}});
  EXPECT_EQ(run(fd_read, fd, scatter, 3, kOut), Errno::success);
  EXPECT_EQ(out<Size>(), 10U);
  EXPECT_EQ(text_at(kBuffer, 4), "0123");
  EXPECT_EQ(text_at(kBuffer + 100, 6), "456789");
  EXPECT_EQ(bytes_[kBuffer + 106], std::byte{0xAA});
}

TEST_P(TransferTest, PositionedCallsLeaveTheOffset) {
  const Fd fd = must_open("f");
  EXPECT_EQ(write(fd, "abcdef"), 6U);
  EXPECT_EQ(pwrite(fd, "XY", 1), 2U);
  EXPECT_EQ(pread(fd, 0), "aXYdef");
  EXPECT_EQ(pread(fd, 4), "ef");
  EXPECT_EQ(pread(fd, 6), "");
  EXPECT_EQ(pread(fd, 1'000'000), "");
  EXPECT_EQ(tell(fd), 6U);
}

TEST_P(TransferTest, AWriteBehindTheEndLeavesAHoleOfZeros) {
  const Fd fd = must_open("f");
  EXPECT_EQ(pwrite(fd, "x", 3), 1U);
  EXPECT_EQ(contents("f"), std::string("\0\0\0x", 4));
}

TEST_P(TransferTest, AppendWritesAtTheEndAndMovesTheOffsetThere) {
  make_file("f", "abc");
  const Fd fd = must_open("f", kAppending);
  EXPECT_EQ(tell(fd), 0U);
  EXPECT_EQ(write(fd, "de"), 2U);
  EXPECT_EQ(tell(fd), 5U);
  EXPECT_EQ(seek(fd, 0), 0U);
  EXPECT_EQ(write(fd, "f"), 1U);
  EXPECT_EQ(tell(fd), 6U);
  EXPECT_EQ(contents("f"), "abcdef");
}

TEST_P(TransferTest, PwriteWithAppendAppendsAndLeavesTheOffset) {
  make_file("f", "abc");
  const Fd fd = must_open("f", kAppending);
  EXPECT_EQ(seek(fd, 1), 1U);
  EXPECT_EQ(pwrite(fd, "X", 0), 1U);
  EXPECT_EQ(tell(fd), 1U);
  EXPECT_EQ(contents("f"), "abcX");
}

// Where an append ended is asked for late; what happens meanwhile must not change the answer.
TEST_P(TransferTest, TheOffsetAfterAnAppendIsWhereThatOneEnded) {
  make_file("f", "abc");
  const Fd fd = must_open("f", kAppending);
  const Fd other = must_open("f", kAppending);
  EXPECT_EQ(write(fd, "de"), 2U);
  EXPECT_EQ(write(other, "fgh"), 3U);
  EXPECT_EQ(pwrite(fd, "i", 0), 1U);
  EXPECT_EQ(tell(fd), 5U);
  EXPECT_EQ(write(fd, ""), 0U);
  EXPECT_EQ(tell(fd), 5U);
  EXPECT_EQ(read(fd), "fghi");
  EXPECT_EQ(tell(other), 8U);
  EXPECT_EQ(run(fd_filestat_set_size, fd, 4), Errno::success);
  EXPECT_EQ(write(fd, "X"), 1U);
  EXPECT_EQ(run(fd_fdstat_set_flags, fd, 0), Errno::success);
  EXPECT_EQ(write(fd, "Y"), 1U);
  EXPECT_EQ(contents("f"), "abcdXY");
}

TEST_P(TransferTest, AppendCanBeTurnedOnAndOff) {
  const Fd fd = must_open("f");
  EXPECT_EQ(write(fd, "abc"), 3U);
  EXPECT_EQ(seek(fd, 0), 0U);
  EXPECT_EQ(run(fd_fdstat_set_flags, fd, abi::kFdAppend), Errno::success);
  EXPECT_EQ(write(fd, "d"), 1U);
  EXPECT_EQ(run(fd_fdstat_set_flags, fd, 0), Errno::success);
  EXPECT_EQ(pwrite(fd, "X", 0), 1U);
  EXPECT_EQ(contents("f"), "Xbcd");
}

TEST_P(TransferTest, AWriteOfNothingExtendsNothing) {
  const Fd fd = must_open("f");
  EXPECT_EQ(pwrite(fd, "", 1000), 0U);
  EXPECT_EQ(seek(fd, 500), 500U);
  EXPECT_EQ(write(fd, ""), 0U);
  EXPECT_EQ(run(fd_write, fd, kOut, 0, kOut), Errno::success);
  EXPECT_EQ(stat(fd)->size, 0U);
  EXPECT_EQ(tell(fd), 500U);
}

TEST_P(TransferTest, ReadingNeedsTheRightToRead) {
  const Fd fd = must_open("f", kWriteOnlyFile);
  EXPECT_EQ(vfs::code(read(fd)), Errno::badf);
  EXPECT_EQ(vfs::code(pread(fd, 0)), Errno::badf);
  EXPECT_EQ(write(fd, "x"), 1U);
}

TEST_P(TransferTest, WritingNeedsTheRightToWrite) {
  make_file("f", "abc");
  const Fd fd = must_open("f", kReadOnlyFile);
  EXPECT_EQ(vfs::code(write(fd, "x")), Errno::badf);
  EXPECT_EQ(vfs::code(pwrite(fd, "x", 0)), Errno::badf);
  EXPECT_EQ(contents("f"), "abc");
}

// As wasmtime does; POSIX would say isdir.
TEST_P(TransferTest, ADirectoryIsBadf) {
  EXPECT_EQ(mkdir("d"), Errno::success);
  const Fd opened = must_open("d", kDirectoryOnly);
  for (const Fd fd : {kRoot, opened}) {
    EXPECT_EQ(vfs::code(read(fd)), Errno::badf);
    EXPECT_EQ(vfs::code(pread(fd, 0)), Errno::badf);
    EXPECT_EQ(vfs::code(write(fd, "x")), Errno::badf);
    EXPECT_EQ(vfs::code(pwrite(fd, "x", 0)), Errno::badf);
  }
}

TEST_P(TransferTest, WhatIsNotOpenIsBadf) {
  const Fd closed = must_open("f");
  EXPECT_EQ(run(fd_close, closed), Errno::success);
  for (const Fd fd : {closed, kClosed, kWild}) {
    EXPECT_EQ(vfs::code(read(fd)), Errno::badf);
    EXPECT_EQ(vfs::code(write(fd, "x")), Errno::badf);
    EXPECT_EQ(vfs::code(pread(fd, 0)), Errno::badf);
    EXPECT_EQ(vfs::code(pwrite(fd, "x", 0)), Errno::badf);
  }
}

TEST_P(TransferTest, OffsetsThatDoNotFitAreRefused) {
  const Fd fd = must_open("f");
  EXPECT_EQ(vfs::code(pread(fd, std::uint64_t{1} << 63)), Errno::inval);
  EXPECT_EQ(vfs::code(pread(fd, ~std::uint64_t{0})), Errno::inval);
  EXPECT_EQ(vfs::code(pwrite(fd, "x", ~std::uint64_t{0})), Errno::inval);
  EXPECT_THAT(vfs::code(pwrite(fd, "x", INT64_MAX)), AnyOf(Errno::fbig, Errno::inval));
  EXPECT_EQ(seek(fd, INT64_MAX), static_cast<std::uint64_t>(INT64_MAX));
  EXPECT_THAT(vfs::code(write(fd, "x")), AnyOf(Errno::fbig, Errno::inval));
  EXPECT_EQ(tell(fd), static_cast<std::uint64_t>(INT64_MAX));
  EXPECT_EQ(stat(fd)->size, 0U);
}

TEST_P(TransferTest, AReadOnlyMountTakesNoWrites) {
  make_file("f", "abc");
  const Fd fd = must_open("f", kReadOnlyFile, kReadOnly);
  EXPECT_EQ(vfs::code(write(fd, "x")), Errno::badf);
  EXPECT_EQ(vfs::code(pwrite(fd, "x", 0)), Errno::badf);
  EXPECT_EQ(read(fd), "abc");
}

// One list of each kind of badness; `good` is the descriptor of a file that could be read.
struct BadLists {
  Ptr iovs;
  Size count;
  Errno why;
};

TEST_P(TransferTest, BadListsMoveNothing) {
  const Fd fd = must_open("f");
  EXPECT_EQ(write(fd, "abcdef"), 6U);
  EXPECT_EQ(seek(fd, 0), 0U);
  const GuestText good = put("good");
  const auto list = [&](Ptr bad, Size size) {
    return put_values<abi::Iovec>({{good.at, good.size}, {bad, size}});
  };
  const BadLists bad_lists[] = {
      {list(kEnd - 3, 4), 2, Errno::fault},            // the last byte is outside
      {list(kEnd, 1), 2, Errno::fault},                //
      {list(0xFFFFFFFF, 2), 2, Errno::fault},          // wraps
      {list(kBuffer, 0xFFFFFFFF), 2, Errno::fault},    // longer than memory
      {list(kBuffer, 0u - kBuffer), 2, Errno::fault},  // ends at exactly 2^32
      {list(kEnd + 1, 0), 2, Errno::fault},            // nothing, but outside
      {list(kBuffer, 1) + 1, 1, Errno::fault},         // misaligned list
      {kEnd - 8, 2, Errno::fault},                     // the list itself is outside
      {0xFFFFFFF8, 1, Errno::fault},                   //
      {kOut, 0x20000000, Errno::inval},                // count * 8 wraps to 0
      {kOut, 0xFFFFFFFF, Errno::inval},                //
  };
  EXPECT_TRUE(leaves_memory_alone([&] {
    for (const BadLists& bad : bad_lists) {
      EXPECT_EQ(run(fd_read, fd, bad.iovs, bad.count, kOut), bad.why);
      EXPECT_EQ(run(fd_pread, fd, bad.iovs, bad.count, 0, kOut), bad.why);
      EXPECT_EQ(run(fd_write, fd, bad.iovs, bad.count, kOut), bad.why);
      EXPECT_EQ(run(fd_pwrite, fd, bad.iovs, bad.count, 0, kOut), bad.why);
    }
  }));
  EXPECT_EQ(tell(fd), 0U);
  EXPECT_EQ(contents("f"), "abcdef");
}

TEST_P(TransferTest, ABadOutPointerFailsBeforeAnyByteMoves) {
  const Fd fd = must_open("f");
  EXPECT_EQ(write(fd, "abcdef"), 6U);
  EXPECT_EQ(seek(fd, 0), 0U);
  const Ptr iovs = put_values<abi::Iovec>({{kBuffer, 3}});
  EXPECT_TRUE(leaves_memory_alone([&] {
    for (const Ptr bad : {kOut + 1, kOut + 2, kEnd, kEnd - 3, Ptr{0xFFFFFFFC}, Ptr{0xFFFFFFFF}}) {
      EXPECT_EQ(run(fd_read, fd, iovs, 1, bad), Errno::fault);
      EXPECT_EQ(run(fd_pread, fd, iovs, 1, 0, bad), Errno::fault);
      EXPECT_EQ(run(fd_write, fd, iovs, 1, bad), Errno::fault);
      EXPECT_EQ(run(fd_pwrite, fd, iovs, 1, 0, bad), Errno::fault);
    }
  }));
  EXPECT_EQ(tell(fd), 0U);
  EXPECT_EQ(contents("f"), "abcdef");
}

TEST_P(TransferTest, BuffersMayEndWithTheLastByteOfMemory) {
  const Fd fd = must_open("f");
  EXPECT_EQ(write(fd, "abcd"), 4U);
  const Ptr iovs = put_values<abi::Iovec>({{kEnd - 4, 4}, {kEnd, 0}});
  EXPECT_EQ(run(fd_pread, fd, iovs, 2, 0, kOut), Errno::success);
  EXPECT_EQ(text_at(kEnd - 4, 4), "abcd");
  EXPECT_EQ(run(fd_write, fd, kEnd, 0, kEnd - 4), Errno::success);
}

TEST_P(TransferTest, TheLongestListIsServedWhole) {
  const Fd fd = must_open("f");
  const GuestText text = put("x");
  const Ptr iovs = put_values(std::vector<abi::Iovec>(1024, {text.at, 1}));
  EXPECT_EQ(run(fd_write, fd, iovs, 1024, kOut), Errno::success);
  EXPECT_EQ(out<Size>(), 1024U);
  EXPECT_EQ(stat(fd)->size, 1024U);
  EXPECT_EQ(run(fd_write, fd, iovs, 1025, kOut), Errno::inval);
}

// 16 MiB is where a transfer is cut into turns; the guest must not notice.
TEST_P(TransferTest, ATransferInTurnsIsOneTransfer) {
  constexpr std::size_t kBig = 20UL * 1024 * 1024;
  bytes_.resize(2 * kBig + kEnd, std::byte{0});
  for (std::size_t i = 0; i < kBig; ++i) {
    bytes_[kEnd + i] = static_cast<std::byte>(i * 2'654'435'761U >> 13);
  }
  const Fd fd = must_open("f");
  const Ptr gather = put_values<abi::Iovec>(
      {{kEnd, 5}, {kEnd + 5, static_cast<Size>(kBig - 7)}, {static_cast<Ptr>(kEnd + kBig - 2), 2}});
  EXPECT_EQ(run(fd_write, fd, gather, 3, kOut), Errno::success);
  EXPECT_EQ(out<Size>(), kBig);
  EXPECT_EQ(tell(fd), kBig);
  EXPECT_EQ(seek(fd, 0), 0U);
  const Ptr copy = static_cast<Ptr>(kEnd + kBig);
  const Ptr scatter =
      put_values<abi::Iovec>({{copy, 1}, {copy + 1, static_cast<Size>(kBig - 1)}, {kBuffer, 8}});
  EXPECT_EQ(run(fd_read, fd, scatter, 3, kOut), Errno::success);
  EXPECT_EQ(out<Size>(), kBig);
  EXPECT_EQ(tell(fd), kBig);
  EXPECT_TRUE(std::equal(bytes_.begin() + kEnd, bytes_.begin() + copy, bytes_.begin() + copy));
}

}  // namespace
}  // namespace midimon::wasi
