// What every file system promises about open files.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "vfs/contract_support.h"

namespace midimon::vfs {
namespace {

class FileContract : public Contract {};
INSTANTIATE_TEST_SUITE_P(All, FileContract, testing::ValuesIn(kBackends), backend_name);

TEST_P(FileContract, WhatIsWrittenIsReadBack) {
  const auto file = fs_.file("f");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(write_text(*file, "hello"), 5U);
  EXPECT_EQ(read_text(*file), "hello");
  EXPECT_EQ(read_text(*file, 3, 1), "ell");
  EXPECT_EQ(read_text(*file, 3, 5), "");
  EXPECT_EQ(read_text(*file, 3, 500), "");
}

TEST_P(FileContract, AllBuffersAreServedInOrder) {
  const auto file = fs_.file("f");
  const iovec out[] = {as_iovec("ab"), as_iovec(""), as_iovec("cde")};
  EXPECT_EQ(file->write_at(out, 1), 5U);
  std::string a(2, '?');
  std::string b(4, '?');
  const iovec in[] = {{a.data(), 2}, {nullptr, 0}, {b.data(), 4}};
  EXPECT_EQ(file->read_at(in, 0), 6U);
  EXPECT_EQ(a + b, std::string("\0abcde", 6));
}

TEST_P(FileContract, MoreBuffersThanTheKernelTakesAtOnceAreServed) {
  const auto file = fs_.file("f");
  const std::vector<iovec> out(3000, as_iovec("xy"));
  EXPECT_EQ(file->write_at(out, 0), 6000U);
  EXPECT_EQ(file->append(out), 6000U);
  EXPECT_EQ(file->append_end(), 12000U);
  std::string text(6000, '?');
  std::vector<iovec> in;
  for (std::size_t i = 0; i < 3000; ++i)
    in.push_back({&text[i * 2], 2});
  EXPECT_EQ(file->read_at(in, 0), 6000U);
  EXPECT_EQ(text.find('?'), std::string::npos);
}

TEST_P(FileContract, NoBuffersMoveNothing) {
  const auto file = fs_.file("f");
  EXPECT_EQ(file->read_at({}, 0), 0U);
  EXPECT_EQ(file->write_at({}, 100), 0U);
  EXPECT_EQ(write_text(*file, "", 100), 0U);
  EXPECT_EQ(file->stat()->size, 0U);
}

TEST_P(FileContract, AWriteBehindTheEndLeavesZeros) {
  const auto file = fs_.file("f");
  EXPECT_EQ(write_text(*file, "x", 3), 1U);
  EXPECT_EQ(read_text(*file), std::string("\0\0\0x", 4));
}

TEST_P(FileContract, AppendsGoToTheEndAndSayWhereThatIs) {
  const auto file = fs_.file("f");
  const auto other = fs_.file("f");
  EXPECT_EQ(write_text(*file, "12345"), 5U);
  const iovec ab = as_iovec("ab");
  EXPECT_EQ(other->append_end(), 0U);
  EXPECT_EQ(other->append({&ab, 1}), 2U);
  EXPECT_EQ(other->append_end(), 7U);
  EXPECT_EQ(file->append({&ab, 1}), 2U);
  EXPECT_EQ(file->append_end(), 9U);
  EXPECT_EQ(other->append_end(), 7U);      // where its own ended
  EXPECT_EQ(write_text(*other, "0"), 1U);  // appending did not change where write_at writes
  EXPECT_EQ(read_text(*file), "02345abab");
  EXPECT_EQ(other->append({}), 0U);
  EXPECT_EQ(other->append_end(), 7U);
  EXPECT_EQ(other->append({&ab, 1}), 2U);
  EXPECT_EQ(other->append_end(), 11U);
  EXPECT_EQ(read_text(*file), "02345ababab");
}

TEST_P(FileContract, AFileOpenedForOneThingRefusesTheOther) {
  ASSERT_TRUE(fs_.put("f", "text"));
  const auto reader = fs_.file("f", kRead);
  const auto writer = fs_.file("f", kWrite);
  EXPECT_EQ(code(write_text(*reader, "x")), Errno::badf);
  EXPECT_EQ(code(read_text(*writer)), Errno::badf);
  const iovec x = as_iovec("x");
  EXPECT_EQ(code(reader->append({&x, 1})), Errno::badf);
  EXPECT_EQ(reader->set_size(1), Errno::inval);
  EXPECT_EQ(reader->allocate(0, 10), Errno::badf);
  EXPECT_EQ(fs_.get("f"), "text");
}

TEST_P(FileContract, OffsetsThatAreNoOffsetsAreRefused) {
  const auto file = fs_.file("f");
  constexpr std::uint64_t kTooLarge = std::uint64_t{1} << 63;
  EXPECT_EQ(code(write_text(*file, "x", kTooLarge)), Errno::inval);
  EXPECT_EQ(code(read_text(*file, 1, kTooLarge)), Errno::inval);
  EXPECT_EQ(file->set_size(kTooLarge), Errno::inval);
  EXPECT_EQ(file->allocate(kTooLarge, 1), Errno::fbig);
  EXPECT_EQ(file->allocate(kTooLarge - 1, 1), Errno::fbig);
  EXPECT_EQ(file->allocate(0, 0), Errno::inval);
  EXPECT_EQ(file->advise(kTooLarge, 0, Advice::normal), Errno::inval);
  EXPECT_EQ(file->stat()->size, 0U);
}

TEST_P(FileContract, SetSizeShrinksAndGrowsWithZeros) {
  const auto file = fs_.file("f");
  EXPECT_EQ(write_text(*file, "hello"), 5U);
  EXPECT_EQ(file->set_size(2), Errno::success);
  EXPECT_EQ(file->set_size(4), Errno::success);
  EXPECT_EQ(read_text(*file), std::string("he\0\0", 4));
}

TEST_P(FileContract, AllocateGrowsAndNeverShrinks) {
  const auto file = fs_.file("f");
  EXPECT_EQ(write_text(*file, "hello"), 5U);
  ASSERT_EQ(file->allocate(2, 8), Errno::success);
  EXPECT_EQ(file->stat()->size, 10U);
  ASSERT_EQ(file->allocate(0, 1), Errno::success);
  EXPECT_EQ(file->stat()->size, 10U);
  EXPECT_EQ(read_text(*file, 5), "hello");
}

TEST_P(FileContract, AdviceAndSyncSucceed) {
  const auto file = fs_.file("f");
  for (const Advice advice : {Advice::normal, Advice::sequential, Advice::random, Advice::willneed,
                              Advice::dontneed, Advice::noreuse}) {
    EXPECT_EQ(file->advise(0, 0, advice), Errno::success);
  }
  EXPECT_EQ(file->sync(true), Errno::success);
  EXPECT_EQ(file->sync(false), Errno::success);
  EXPECT_EQ(root_->sync(true), Errno::success);
  EXPECT_EQ(root_->sync(false), Errno::success);
}

TEST_P(FileContract, AnUnlinkedFileStaysUsableWhileOpen) {
  const auto file = fs_.file("f");
  EXPECT_EQ(fs_.unlink("f"), Errno::success);
  EXPECT_EQ(write_text(*file, "still"), 5U);
  EXPECT_EQ(read_text(*file), "still");
  EXPECT_EQ(file->stat()->links, 0U);
  EXPECT_EQ(fs_.open("f", kRead), Errno::noent);
}

}  // namespace
}  // namespace midimon::vfs
