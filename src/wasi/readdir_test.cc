#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "wasi/test_support.h"

namespace midimon::wasi {
namespace {

class ReaddirTest : public OnEveryStore {
 protected:
  // Reads all of `fd` as a C library does: from each last whole entry on, until used < room.
  std::vector<GuestEntry> read_all(Fd fd, Size room) {
    std::vector<GuestEntry> all;
    std::uint64_t cookie = 0;
    while (all.size() < 100'000) {
      const auto bytes = readdir_bytes(fd, room, cookie);
      EXPECT_TRUE(bytes.has_value());
      if (!bytes) break;
      const auto some = whole_entries(*bytes);
      all.insert(all.end(), some.begin(), some.end());
      if (bytes->size() < room) return all;
      EXPECT_FALSE(some.empty()) << "the buffer is too small for one entry";
      if (some.empty()) break;
      cookie = some.back().next;
    }
    return all;
  }
  std::vector<std::string> read_names(Fd fd, Size room) {
    std::vector<std::string> all;
    for (const GuestEntry& entry : read_all(fd, room))
      all.push_back(entry.name);
    std::sort(all.begin(), all.end());
    return all;
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, ReaddirTest, every_store(), store_name);

using Names = std::vector<std::string>;
constexpr Size kRoom = 4096;

TEST_P(ReaddirTest, AnEmptyDirectoryHasDotAndDotDotFirst) {
  const auto all = read_all(kRoot, kRoom);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, ".");
  EXPECT_EQ(all[1].name, "..");
  EXPECT_EQ(all[0].next, 1U);
  EXPECT_EQ(all[1].next, 2U);
  EXPECT_EQ(all[0].type, 3);
  EXPECT_EQ(all[1].type, 3);
}

TEST_P(ReaddirTest, EveryEntryIsGivenOnceWithItsTypeAndInode) {
  make_file("file", "abc");
  EXPECT_EQ(mkdir("dir"), Errno::success);
  EXPECT_EQ(symlink("file", "link"), Errno::success);
  std::map<std::string, GuestEntry> by_name;
  for (const GuestEntry& entry : read_all(kRoot, kRoom)) {
    EXPECT_TRUE(by_name.emplace(entry.name, entry).second) << entry.name;
  }
  ASSERT_EQ(by_name.size(), 5U);
  EXPECT_EQ(by_name["file"].type, 4);
  EXPECT_EQ(by_name["dir"].type, 3);
  EXPECT_EQ(by_name["link"].type, 7);
  for (const char* name : {".", "file", "dir", "link"}) {
    EXPECT_EQ(by_name[name].inode, stat(name)->ino) << name;
  }
}

TEST_P(ReaddirTest, DotDotTellsNothingOfWhatLiesAbove) {
  EXPECT_EQ(mkdir("dir"), Errno::success);
  const Fd fd = must_open("dir", kDirectoryOnly);
  const auto all = read_all(fd, kRoom);
  EXPECT_EQ(all[1].inode, all[0].inode);
  EXPECT_NE(all[1].inode, stat(kRoot)->ino);
}

TEST_P(ReaddirTest, CookiesAreConsecutive) {
  for (const char* name : {"a", "b", "c"})
    make_file(name);
  std::uint64_t expected = 0;
  for (const GuestEntry& entry : read_all(kRoot, kRoom))
    EXPECT_EQ(entry.next, ++expected);
}

TEST_P(ReaddirTest, TheLastEntryIsCutToFillTheBuffer) {
  make_file("name");
  const std::string whole = *readdir_bytes(kRoot, kRoom, 0);
  for (Size room = 0; room <= whole.size(); ++room) {
    std::fill(bytes_.begin() + kBuffer, bytes_.begin() + kBuffer + 200, std::byte{0xAA});
    EXPECT_EQ(readdir_bytes(kRoot, room, 0), whole.substr(0, room)) << room;
    EXPECT_EQ(bytes_[kBuffer + room], std::byte{0xAA});
  }
}

TEST_P(ReaddirTest, UsedLessThanTheBufferMeansTheEnd) {
  make_file("name");
  const std::string whole = *readdir_bytes(kRoot, kRoom, 0);
  EXPECT_EQ(whole.size(), 3 * 24U + 1 + 2 + 4);
  const auto fits_exactly = readdir_bytes(kRoot, static_cast<Size>(whole.size()), 0);
  EXPECT_EQ(fits_exactly->size(), whole.size());
  EXPECT_EQ(readdir_bytes(kRoot, kRoom, 3), "");
}

TEST_P(ReaddirTest, EveryCookieCanBeGoneBackTo) {
  for (const char* name : {"a", "b", "c", "d"})
    make_file(name);
  const auto all = read_all(kRoot, kRoom);
  for (std::size_t i = all.size(); i-- > 0;) {
    const auto rest = whole_entries(*readdir_bytes(kRoot, kRoom, i));
    ASSERT_EQ(rest.size(), all.size() - i);
    EXPECT_EQ(rest[0].name, all[i].name);
  }
}

TEST_P(ReaddirTest, StartingOverSeesWhatIsNew) {
  EXPECT_EQ(read_names(kRoot, kRoom), (Names{".", ".."}));
  make_file("new");
  EXPECT_EQ(read_names(kRoot, kRoom), (Names{".", "..", "new"}));
  EXPECT_EQ(unlink("new"), Errno::success);
  EXPECT_EQ(read_names(kRoot, kRoom), (Names{".", ".."}));
}

TEST_P(ReaddirTest, TwoDescriptorsAreReadIndependently) {
  for (const char* name : {"a", "b", "c"})
    make_file(name);
  const Fd other = must_open(".", kDirectoryOnly);
  const auto first = whole_entries(*readdir_bytes(kRoot, 70, 0));
  EXPECT_EQ(read_names(other, kRoom).size(), 5U);
  const auto rest = whole_entries(*readdir_bytes(kRoot, kRoom, first.back().next));
  EXPECT_EQ(first.size() + rest.size(), 5U);
}

// As rm -r does.
TEST_P(ReaddirTest, RemovingWhatWasReadLosesNothing) {
  Names expected = {".", ".."};
  for (int i = 0; i < 200; ++i)
    make_file("file" + std::to_string(i));
  std::uint64_t cookie = 0;
  std::size_t seen = 0;
  while (true) {
    const auto bytes = readdir_bytes(kRoot, 300, cookie);
    ASSERT_TRUE(bytes.has_value());
    for (const GuestEntry& entry : whole_entries(*bytes)) {
      cookie = entry.next;
      if (entry.name == "." || entry.name == "..") continue;
      EXPECT_EQ(unlink(entry.name), Errno::success) << entry.name;
      ++seen;
    }
    if (bytes->size() < 300) break;
  }
  EXPECT_EQ(seen, 200U);
  EXPECT_EQ(names(), Names{});
}

TEST_P(ReaddirTest, Attack41_AHugeDirectoryWithATinyBuffer) {
  for (int i = 0; i < 3000; ++i) {
    EXPECT_EQ(symlink("t", "entry" + std::to_string(i)), Errno::success);
  }
  const auto all = read_all(kRoot, 24 + 16);
  std::set<std::string> unique;
  for (const GuestEntry& entry : all)
    unique.insert(entry.name);
  EXPECT_EQ(all.size(), 3002U);
  EXPECT_EQ(unique.size(), 3002U);
}

TEST_P(ReaddirTest, Attack42_BadCookies) {
  make_file("f");
  for (const std::uint64_t cookie : {std::uint64_t{3}, std::uint64_t{4}, std::uint64_t{1} << 32,
                                     std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    EXPECT_EQ(readdir_bytes(kRoot, kRoom, cookie), "") << cookie;
  }
  EXPECT_EQ(read_names(kRoot, kRoom), (Names{".", "..", "f"}));
}

TEST_P(ReaddirTest, ARemovedDirectoryIsEmpty) {
  EXPECT_EQ(mkdir("d"), Errno::success);
  const Fd fd = must_open("d", kDirectoryOnly);
  EXPECT_EQ(rmdir("d"), Errno::success);
  const auto bytes = readdir_bytes(fd, kRoom, 0);
  EXPECT_LE(whole_entries(bytes.value_or("")).size(), 2U);
}

TEST_P(ReaddirTest, OnlyDirectoriesCanBeRead) {
  EXPECT_EQ(vfs::code(readdir_bytes(must_open("f"), kRoom, 0)), Errno::notdir);
  for (const Fd fd : {Fd{0}, Fd{1}, kClosed, kWild}) {
    EXPECT_EQ(vfs::code(readdir_bytes(fd, kRoom, 0)), Errno::badf);
  }
}

TEST_P(ReaddirTest, AReadOnlyMountCanBeRead) {
  make_file("f");
  EXPECT_EQ(read_names(kReadOnly, kRoom), (Names{".", "..", "f"}));
}

TEST_P(ReaddirTest, BadPointersFault) {
  EXPECT_TRUE(leaves_memory_alone([&] {
    for (const Ptr bad : {kOut + 1, kOut + 2, kEnd - 3, kEnd, Ptr{0xFFFFFFFC}}) {
      EXPECT_EQ(run(fd_readdir, kRoot, kBuffer, 100, 0, bad), Errno::fault) << bad;
    }
    EXPECT_EQ(run(fd_readdir, kRoot, kEnd - 99, 100, 0, kOut), Errno::fault);
    EXPECT_EQ(run(fd_readdir, kRoot, 0xFFFFFFFF, 2, 0, kOut), Errno::fault);
    EXPECT_EQ(run(fd_readdir, kRoot, kBuffer, 0xFFFFFFFF, 0, kOut), Errno::fault);
  }));
  EXPECT_EQ(run(fd_readdir, kRoot, kEnd - 51, 51, 0, kOut), Errno::success);
  EXPECT_EQ(run(fd_readdir, kRoot, kOut + 101, 51, 0, kOut), Errno::success);  // needs no alignment
}

// The host may hold names that no guest could say.
class HostNamesTest : public ReaddirTest {};
INSTANTIATE_TEST_SUITE_P(Disk, HostNamesTest, testing::Values(Store::openat2, Store::walker),
                         store_name);

TEST_P(HostNamesTest, NamesThatAreNotUtf8AreSkipped) {
  vfs::write_host_file(*host_ / "good", "");
  vfs::write_host_file(*host_ /
                           "b\xFF"
                           "d",
                       "");
  EXPECT_EQ(read_names(kRoot, kRoom), (Names{".", "..", "good"}));
}

}  // namespace
}  // namespace midimon::wasi
