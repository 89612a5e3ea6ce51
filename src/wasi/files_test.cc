// fd_*: what is done to open descriptors but reading and writing them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "wasi/test_support.h"

namespace midimon::wasi {
namespace {

using testing::AnyOf;

class FilesTest : public OnEveryStore {
 protected:
  // What `call(fd)` answers for everything that is not a regular file.
  template <typename Call>
  void expect_badf_unless_file(Call call) {
    const Fd closed = must_open("closed");
    EXPECT_EQ(run(fd_close, closed), Errno::success);
    const Fd directory = must_open(".", kDirectoryOnly);
    for (const Fd fd : {kRoot, kReadOnly, directory, closed, kClosed, kWild}) {
      EXPECT_EQ(call(fd), Errno::badf) << fd;
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, FilesTest, every_store(), store_name);

constexpr OpenArgs kReadIt{0, 0, kReadRight, 0};
constexpr OpenArgs kWriteIt{0, abi::kOpenCreate, kWriteRight, 0};
constexpr std::uint64_t k2To63 = std::uint64_t{1} << 63;

TEST_P(FilesTest, AdviceIsForFilesOnly) {
  const Fd fd = must_open("f");
  for (std::uint32_t advice = 0; advice <= 5; ++advice) {
    EXPECT_EQ(run(fd_advise, fd, 0, 100, advice), Errno::success) << advice;
  }
  EXPECT_EQ(run(fd_advise, fd, INT64_MAX, 0, 0), Errno::success);
  EXPECT_EQ(run(fd_advise, fd, 0, 0, 6), Errno::inval);
  EXPECT_EQ(run(fd_advise, fd, 0, 0, 256), Errno::inval);
  EXPECT_EQ(run(fd_advise, fd, k2To63, 0, 0), Errno::inval);
  EXPECT_EQ(run(fd_advise, fd, 0, ~std::uint64_t{0}, 0), Errno::inval);
  expect_badf_unless_file([&](Fd bad) { return run(fd_advise, bad, 0, 0, 0); });
}

TEST_P(FilesTest, AllocateGrowsAFileOrSaysThatItCannot) {
  const Fd fd = must_open("f");
  const Errno done = run(fd_allocate, fd, 0, 5000);
  EXPECT_THAT(done, AnyOf(Errno::success, Errno::notsup));
  EXPECT_EQ(stat(fd)->size, done == Errno::success ? 5000U : 0U);
  expect_badf_unless_file([&](Fd bad) { return run(fd_allocate, bad, 0, 1); });
}

TEST_P(FilesTest, AllocateRefusesNumbersThatMakeNoSense) {
  const Fd fd = must_open("f");
  EXPECT_EQ(run(fd_allocate, fd, 0, 0), Errno::inval);
  EXPECT_EQ(run(fd_allocate, fd, k2To63, 1), Errno::inval);
  EXPECT_EQ(run(fd_allocate, fd, 0, k2To63), Errno::inval);
  EXPECT_EQ(run(fd_allocate, fd, INT64_MAX, 1), Errno::fbig);
  EXPECT_EQ(run(fd_allocate, fd, ~std::uint64_t{0}, 2), Errno::inval);
  EXPECT_EQ(stat(fd)->size, 0U);
  EXPECT_EQ(run(fd_allocate, must_open("f", kReadIt), 0, 1), Errno::badf);
  EXPECT_EQ(run(fd_allocate, must_open("f", kReadIt, kReadOnly), 0, 1), Errno::badf);
}

TEST_P(FilesTest, CloseFreesTheNumber) {
  const Fd fd = must_open("f");
  EXPECT_EQ(fd, kFirstFree);
  EXPECT_EQ(run(fd_close, fd), Errno::success);
  EXPECT_EQ(run(fd_close, fd), Errno::badf);
  EXPECT_EQ(run(fd_close, kWild), Errno::badf);
  EXPECT_EQ(must_open("f"), fd);
}

TEST_P(FilesTest, PreopensCanBeClosed) {
  EXPECT_EQ(run(fd_close, kRoot), Errno::success);
  EXPECT_EQ(run(fd_prestat_get, kRoot, kOut), Errno::badf);
  EXPECT_EQ(vfs::code(open("f")), Errno::badf);
  EXPECT_EQ(run(fd_close, kRoot), Errno::badf);
}

TEST_P(FilesTest, SyncIsForFilesOnly) {
  const Fd fd = must_open("f");
  EXPECT_EQ(run(fd_sync, fd), Errno::success);
  EXPECT_EQ(run(fd_datasync, fd), Errno::success);
  expect_badf_unless_file([&](Fd bad) { return run(fd_sync, bad); });
  expect_badf_unless_file([&](Fd bad) { return run(fd_datasync, bad); });
}

TEST_P(FilesTest, FdstatOfAFileTellsItsFlagsAndRights) {
  const Fd both = must_open("f", {0, abi::kOpenCreate, kBothRights, abi::kFdAppend});
  EXPECT_EQ(fdstat(both)->filetype, 4);
  EXPECT_EQ(fdstat(both)->flags, abi::kFdAppend);
  EXPECT_EQ(fdstat(both)->rights_base & kBothRights, kBothRights);
  EXPECT_EQ(fdstat(must_open("f", kReadIt))->rights_base & kBothRights, kReadRight);
  EXPECT_EQ(fdstat(must_open("f", kWriteIt))->rights_base & kBothRights, kWriteRight);
}

// With both of them, a C library knows that it is no terminal.
TEST_P(FilesTest, FdstatOfAFileKeepsSeekAndTell) {
  constexpr std::uint64_t kSeekAndTell = abi::kRightFdSeek | abi::kRightFdTell;
  EXPECT_EQ(fdstat(must_open("f"))->rights_base & kSeekAndTell, kSeekAndTell);
}

TEST_P(FilesTest, FdstatOfADirectory) {
  const auto status = fdstat(kRoot);
  EXPECT_EQ(status->filetype, 3);
  EXPECT_EQ(status->flags, 0);
  EXPECT_EQ(status->rights_base & kBothRights, 0U);
  EXPECT_EQ(status->rights_inheriting & kBothRights, kBothRights);
  EXPECT_EQ(fdstat(must_open(".", kDirectoryOnly))->filetype, 3);
}

TEST_P(FilesTest, FdstatPadsWithZeros) {
  EXPECT_EQ(run(fd_fdstat_get, kRoot, kOut), Errno::success);
  EXPECT_EQ(text_at(kOut + 1, 1), std::string(1, '\0'));
  EXPECT_EQ(text_at(kOut + 4, 4), std::string(4, '\0'));
  EXPECT_EQ(bytes_[kOut + 24], std::byte{0xAA});
}

TEST_P(FilesTest, SetFlagsTakesAppendAndNonblockOnly) {
  const Fd fd = must_open("f");
  EXPECT_EQ(run(fd_fdstat_set_flags, fd, abi::kFdAppend | abi::kFdNonblock), Errno::success);
  EXPECT_EQ(fdstat(fd)->flags, abi::kFdAppend | abi::kFdNonblock);
  for (const std::uint32_t flags : {2U, 8U, 16U, 31U, 32U, 0x10000U, 0x80000000U}) {
    EXPECT_EQ(run(fd_fdstat_set_flags, fd, flags), Errno::inval) << flags;
  }
  EXPECT_EQ(fdstat(fd)->flags, abi::kFdAppend | abi::kFdNonblock);
  EXPECT_EQ(run(fd_fdstat_set_flags, fd, 0), Errno::success);
  EXPECT_EQ(fdstat(fd)->flags, 0);
  EXPECT_EQ(run(fd_fdstat_set_flags, kClosed, 0), Errno::badf);
}

// As wasmtime does.
TEST_P(FilesTest, SetFlagsIsForFilesOnly) {
  expect_badf_unless_file([&](Fd bad) { return run(fd_fdstat_set_flags, bad, abi::kFdNonblock); });
}

TEST_P(FilesTest, RightsCannotBeSet) {
  EXPECT_EQ(run(fd_fdstat_set_rights, must_open("f"), 0, 0), Errno::notsup);
  EXPECT_EQ(run(fd_fdstat_set_rights, kRoot, ~std::uint64_t{0}, 0), Errno::notsup);
  EXPECT_EQ(run(fd_fdstat_set_rights, 0, 0, 0), Errno::notsup);
  EXPECT_EQ(run(fd_fdstat_set_rights, kClosed, 0, 0), Errno::badf);
}

TEST_P(FilesTest, FilestatByDescriptorAndByPathAgree) {
  make_file("f", "abc");
  const auto by_path = stat("f");
  const auto by_fd = stat(must_open("f", kReadIt));
  ASSERT_TRUE(by_path && by_fd);
  EXPECT_EQ(by_fd->filetype, 4);
  EXPECT_EQ(by_fd->size, 3U);
  EXPECT_EQ(by_fd->nlink, 1U);
  EXPECT_EQ(std::memcmp(&*by_path, &*by_fd, sizeof *by_fd), 0);
  EXPECT_EQ(stat(kRoot)->filetype, 3);
  EXPECT_EQ(vfs::code(stat(kClosed)), Errno::badf);
}

TEST_P(FilesTest, FilestatHasARealCtime) {
  make_file("f", "abc");
  const std::uint64_t before = stat("f")->ctim;
  EXPECT_GE(before, 1'700'000'000'000'000'000U);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(set_times("f", 5, 6, abi::kSetAtime | abi::kSetMtime), Errno::success);
  EXPECT_EQ(stat("f")->mtim, 6U);
  EXPECT_GT(stat("f")->ctim, 6U);
}

TEST_P(FilesTest, SetSizeCutsAndGrows) {
  const Fd fd = must_open("f");
  EXPECT_EQ(write(fd, "abcdef"), 6U);
  EXPECT_EQ(run(fd_filestat_set_size, fd, 3), Errno::success);
  EXPECT_EQ(contents("f"), "abc");
  EXPECT_EQ(tell(fd), 6U);
  EXPECT_EQ(run(fd_filestat_set_size, fd, 5), Errno::success);
  EXPECT_EQ(contents("f"), std::string("abc\0\0", 5));
}

TEST_P(FilesTest, SetSizeNeedsTheRightToWrite) {
  make_file("f", "abc");
  EXPECT_EQ(run(fd_filestat_set_size, must_open("f", kReadIt), 0), Errno::inval);
  EXPECT_EQ(run(fd_filestat_set_size, must_open("f", kReadIt, kReadOnly), 0), Errno::inval);
  EXPECT_EQ(contents("f"), "abc");
  expect_badf_unless_file([&](Fd bad) { return run(fd_filestat_set_size, bad, 0); });
}

TEST_P(FilesTest, Attack49_SizesPastEveryLimit) {
  const Fd fd = must_open("f");
  EXPECT_EQ(write(fd, "abc"), 3U);
  EXPECT_THAT(run(fd_filestat_set_size, fd, k2To63), AnyOf(Errno::inval, Errno::fbig));
  EXPECT_THAT(run(fd_filestat_set_size, fd, ~std::uint64_t{0}), AnyOf(Errno::inval, Errno::fbig));
  EXPECT_EQ(contents("f"), "abc");
}

TEST_P(FilesTest, SetTimesSetsWhatItIsToldTo) {
  const Fd fd = must_open("f");
  EXPECT_EQ(run(fd_filestat_set_times, fd, 10, 20, abi::kSetAtime | abi::kSetMtime),
            Errno::success);
  EXPECT_EQ(stat(fd)->atim, 10U);
  EXPECT_EQ(stat(fd)->mtim, 20U);
  EXPECT_EQ(run(fd_filestat_set_times, fd, 30, 40, abi::kSetMtime), Errno::success);
  EXPECT_EQ(stat(fd)->atim, 10U);
  EXPECT_EQ(stat(fd)->mtim, 40U);
  EXPECT_EQ(run(fd_filestat_set_times, fd, 50, 60, 0), Errno::success);
  EXPECT_EQ(stat(fd)->atim, 10U);
  EXPECT_EQ(stat(fd)->mtim, 40U);
  EXPECT_EQ(run(fd_filestat_set_times, fd, 1, 1, abi::kSetAtimeNow | abi::kSetMtimeNow),
            Errno::success);
  EXPECT_GE(stat(fd)->atim, 1'700'000'000'000'000'000U);
  EXPECT_GE(stat(fd)->mtim, 1'700'000'000'000'000'000U);
}

TEST_P(FilesTest, SetTimesRefusesContradictions) {
  const Fd fd = must_open("f");
  EXPECT_EQ(run(fd_filestat_set_times, fd, 10, 20, 5), Errno::success);
  for (const std::uint32_t flags : {3U, 12U, 7U, 15U, 16U, 0x10001U}) {
    EXPECT_EQ(run(fd_filestat_set_times, fd, 1, 1, flags), Errno::inval) << flags;
    EXPECT_EQ(set_times("f", 1, 1, flags), Errno::inval) << flags;
  }
  EXPECT_EQ(run(fd_filestat_set_times, fd, k2To63, 0, abi::kSetAtime), Errno::inval);
  EXPECT_EQ(stat(fd)->atim, 10U);
  EXPECT_EQ(stat(fd)->mtim, 20U);
}

TEST_P(FilesTest, SetTimesWorksOnDirectories) {
  EXPECT_EQ(mkdir("d"), Errno::success);
  const Fd fd = must_open("d", kDirectoryOnly);
  EXPECT_EQ(run(fd_filestat_set_times, fd, 0, 7, abi::kSetMtime), Errno::success);
  EXPECT_EQ(stat("d")->mtim, 7U);
  EXPECT_EQ(run(fd_filestat_set_times, kClosed, 0, 7, abi::kSetMtime), Errno::badf);
}

TEST_P(FilesTest, PrestatNamesThePreopens) {
  EXPECT_EQ(run(fd_prestat_get, kReadOnly, kOut), Errno::success);
  EXPECT_EQ(out<abi::Prestat>().tag, 0);
  EXPECT_EQ(out<abi::Prestat>().name_len, 3U);
  EXPECT_EQ(run(fd_prestat_dir_name, kReadOnly, kBuffer, 3), Errno::success);
  EXPECT_EQ(text_at(kBuffer, 3), "/ro");
  EXPECT_EQ(bytes_[kBuffer + 3], std::byte{0xAA});
  EXPECT_EQ(run(fd_prestat_dir_name, kReadOnly, kBuffer, 4000), Errno::success);
  EXPECT_EQ(run(fd_prestat_dir_name, kReadOnly, kEnd - 3, 3), Errno::success);
}

TEST_P(FilesTest, PrestatRefusesTheRest) {
  const Fd file = must_open("f");
  const Fd directory = must_open(".", kDirectoryOnly);
  EXPECT_TRUE(leaves_memory_alone([&] {
    for (const Fd fd : {file, directory}) {
      EXPECT_EQ(run(fd_prestat_get, fd, kOut), Errno::badf);
      EXPECT_EQ(run(fd_prestat_dir_name, fd, kBuffer, 100), Errno::notdir);
    }
    for (const Fd fd : {kClosed, kWild}) {
      EXPECT_EQ(run(fd_prestat_get, fd, kOut), Errno::badf);
      EXPECT_EQ(run(fd_prestat_dir_name, fd, kBuffer, 100), Errno::badf);
    }
    EXPECT_EQ(run(fd_prestat_dir_name, kReadOnly, kBuffer, 2), Errno::nametoolong);
    EXPECT_EQ(run(fd_prestat_dir_name, kReadOnly, kEnd - 2, 3), Errno::fault);
    EXPECT_EQ(run(fd_prestat_dir_name, kReadOnly, 0xFFFFFFFF, 3), Errno::fault);
  }));
}

TEST_P(FilesTest, SeekFromStartCurrentAndEnd) {
  const Fd fd = must_open("f");
  EXPECT_EQ(write(fd, "abcdef"), 6U);
  EXPECT_EQ(seek(fd, 2), 2U);
  EXPECT_EQ(seek(fd, 3, abi::Whence::cur), 5U);
  EXPECT_EQ(seek(fd, -4, abi::Whence::cur), 1U);
  EXPECT_EQ(seek(fd, -1, abi::Whence::end), 5U);
  EXPECT_EQ(seek(fd, 100, abi::Whence::end), 106U);
  EXPECT_EQ(tell(fd), 106U);
  EXPECT_EQ(read(fd), "");
}

TEST_P(FilesTest, SeekRefusesWhatIsNegativeOrOverflows) {
  const Fd fd = must_open("f");
  EXPECT_EQ(write(fd, "abc"), 3U);
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(vfs::code(seek(fd, -1)), Errno::inval);
  EXPECT_EQ(vfs::code(seek(fd, kMin)), Errno::inval);
  EXPECT_EQ(vfs::code(seek(fd, -4, abi::Whence::cur)), Errno::inval);
  EXPECT_EQ(vfs::code(seek(fd, -4, abi::Whence::end)), Errno::inval);
  EXPECT_EQ(vfs::code(seek(fd, INT64_MAX, abi::Whence::cur)), Errno::inval);
  EXPECT_EQ(vfs::code(seek(fd, INT64_MAX, abi::Whence::end)), Errno::inval);
  EXPECT_EQ(run(fd_seek, fd, 0, 3, kOut), Errno::inval);
  EXPECT_EQ(run(fd_seek, fd, 0, 256, kOut), Errno::inval);
  EXPECT_EQ(tell(fd), 3U);
}

TEST_P(FilesTest, SeekAndTellAreForFilesOnly) {
  expect_badf_unless_file([&](Fd bad) { return vfs::code(seek(bad, 0)); });
  expect_badf_unless_file([&](Fd bad) { return vfs::code(tell(bad)); });
}

TEST_P(FilesTest, BadOutPointersFaultBeforeAnythingHappens) {
  const Fd fd = must_open("f");
  EXPECT_EQ(write(fd, "abc"), 3U);
  EXPECT_TRUE(leaves_memory_alone([&] {
    for (const Ptr bad : {kOut + 4, kOut + 1, kEnd, kEnd - 7, Ptr{0xFFFFFFF8}, Ptr{0xFFFFFFFF}}) {
      EXPECT_EQ(run(fd_fdstat_get, fd, bad), Errno::fault) << bad;
      EXPECT_EQ(run(fd_filestat_get, fd, bad), Errno::fault) << bad;
      EXPECT_EQ(run(fd_seek, fd, 0, 0, bad), Errno::fault) << bad;
      EXPECT_EQ(run(fd_tell, fd, bad), Errno::fault) << bad;
    }
    EXPECT_EQ(run(fd_fdstat_get, fd, kEnd - 16), Errno::fault);
    EXPECT_EQ(run(fd_filestat_get, fd, kEnd - 56), Errno::fault);
    for (const Ptr bad : {kOut + 1, kOut + 2, kEnd - 4, Ptr{0xFFFFFFFC}}) {
      EXPECT_EQ(run(fd_prestat_get, kRoot, bad), Errno::fault) << bad;
    }
  }));
  EXPECT_EQ(tell(fd), 3U);
}

}  // namespace
}  // namespace midimon::wasi
