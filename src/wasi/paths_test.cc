// path_* but path_open.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wasi/test_support.h"

namespace midimon::wasi {
namespace {

using PathsTest = OnEveryStore;
INSTANTIATE_TEST_SUITE_P(Stores, PathsTest, every_store(), store_name);

using Names = std::vector<std::string>;
constexpr std::uint64_t k2To63 = std::uint64_t{1} << 63;

TEST_P(PathsTest, CreateDirectory) {
  EXPECT_EQ(mkdir("d"), Errno::success);
  EXPECT_EQ(mkdir("d/e/"), Errno::success);
  EXPECT_EQ(mkdir("d"), Errno::exist);
  EXPECT_EQ(mkdir("d/.."), Errno::exist);
  EXPECT_EQ(mkdir("."), Errno::exist);
  EXPECT_EQ(mkdir("none/d"), Errno::noent);
  EXPECT_EQ(mkdir("../d"), Errno::perm);
  make_file("f");
  EXPECT_EQ(mkdir("f"), Errno::exist);
  EXPECT_EQ(mkdir("f/d"), Errno::notdir);
  EXPECT_EQ(stat("d/e")->filetype, 3);
}

TEST_P(PathsTest, RemoveDirectory) {
  EXPECT_EQ(mkdir("d"), Errno::success);
  make_file("d/f");
  make_file("f");
  EXPECT_EQ(rmdir("d"), Errno::notempty);
  EXPECT_EQ(rmdir("f"), Errno::notdir);
  EXPECT_EQ(rmdir("f/"), Errno::notdir);
  EXPECT_EQ(rmdir("none"), Errno::noent);
  EXPECT_EQ(rmdir("."), Errno::inval);
  EXPECT_EQ(rmdir("../d"), Errno::perm);
  EXPECT_EQ(symlink("d", "l"), Errno::success);
  EXPECT_EQ(rmdir("l"), Errno::notdir);
  EXPECT_EQ(unlink("d/f"), Errno::success);
  EXPECT_EQ(rmdir("d/"), Errno::success);
  EXPECT_EQ(names(), (Names{"f", "l"}));
}

TEST_P(PathsTest, UnlinkFile) {
  make_file("f");
  EXPECT_EQ(mkdir("d"), Errno::success);
  EXPECT_EQ(unlink("d"), Errno::isdir);
  EXPECT_EQ(unlink("d/"), Errno::isdir);
  EXPECT_EQ(unlink("f/"), Errno::notdir);
  EXPECT_EQ(unlink("none"), Errno::noent);
  EXPECT_EQ(unlink("../f"), Errno::perm);
  EXPECT_EQ(symlink("f", "l"), Errno::success);
  EXPECT_EQ(unlink("l"), Errno::success);
  EXPECT_EQ(unlink("f"), Errno::success);
  EXPECT_EQ(names(), Names{"d"});
}

TEST_P(PathsTest, AnUnlinkedFileLivesUntilItIsClosed) {
  const Fd fd = must_open("f");
  EXPECT_EQ(write(fd, "abc"), 3U);
  EXPECT_EQ(unlink("f"), Errno::success);
  EXPECT_EQ(pread(fd, 0), "abc");
  EXPECT_EQ(stat(fd)->nlink, 0U);
}

TEST_P(PathsTest, FilestatFollowsOnlyWhenAsked) {
  make_file("f", "abc");
  EXPECT_EQ(symlink("f", "l"), Errno::success);
  EXPECT_EQ(stat("l")->filetype, 7);
  EXPECT_EQ(stat("l", true)->filetype, 4);
  EXPECT_EQ(stat("l", true)->size, 3U);
  EXPECT_EQ(vfs::code(stat("l/")), Errno::notdir);
  EXPECT_EQ(vfs::code(stat("none")), Errno::noent);
  EXPECT_EQ(vfs::code(stat("..")), Errno::perm);
  const GuestText p = put("f");
  EXPECT_EQ(run(path_filestat_get, kRoot, 2, p.at, p.size, kOut), Errno::inval);
}

TEST_P(PathsTest, SetTimesByPath) {
  make_file("f");
  EXPECT_EQ(set_times("f", 11, 22, 5), Errno::success);
  EXPECT_EQ(stat("f")->atim, 11U);
  EXPECT_EQ(stat("f")->mtim, 22U);
  EXPECT_EQ(set_times("f", 33, 44, 0), Errno::success);
  EXPECT_EQ(stat("f")->mtim, 22U);
  EXPECT_EQ(set_times("none", 1, 1, 5), Errno::noent);
  EXPECT_EQ(set_times("../f", 1, 1, 5), Errno::perm);
  EXPECT_EQ(set_times("f", k2To63, 1, 5), Errno::inval);
  const GuestText p = put("f");
  EXPECT_EQ(run(path_filestat_set_times, kRoot, 2, p.at, p.size, 1, 1, 5), Errno::inval);
  EXPECT_EQ(stat("f")->mtim, 22U);
}

TEST_P(PathsTest, SetTimesOnALinkItself) {
  make_file("f");
  EXPECT_EQ(set_times("f", 1, 1, 5), Errno::success);
  EXPECT_EQ(symlink("f", "l"), Errno::success);
  EXPECT_EQ(set_times("l", 7, 8, 5), Errno::success);
  EXPECT_EQ(stat("l")->mtim, 8U);
  EXPECT_EQ(stat("f")->mtim, 1U);
}

TEST_P(PathsTest, Link) {
  make_file("f", "abc");
  EXPECT_EQ(link("f", "g"), Errno::success);
  EXPECT_EQ(contents("g"), "abc");
  EXPECT_EQ(stat("f")->nlink, 2U);
  EXPECT_EQ(stat("f")->ino, stat("g")->ino);
  EXPECT_EQ(link("f", "g"), Errno::exist);
  EXPECT_EQ(link("none", "h"), Errno::noent);
  EXPECT_EQ(link("f", "h/"), Errno::noent);
  EXPECT_EQ(link("f", "../h"), Errno::perm);
  EXPECT_EQ(mkdir("d"), Errno::success);
  EXPECT_EQ(link("d", "e"), Errno::perm);
}

TEST_P(PathsTest, LinkNeverFollows) {
  make_file("f", "abc");
  EXPECT_EQ(symlink("f", "l"), Errno::success);
  EXPECT_EQ(link("l", "m", kRoot, kRoot, 1), Errno::inval);
  EXPECT_EQ(link("f", "m", kRoot, kRoot, 1), Errno::inval);
  EXPECT_EQ(link("f", "m", kRoot, kRoot, 2), Errno::inval);
  EXPECT_EQ(names(), (Names{"f", "l"}));
  EXPECT_EQ(link("l", "m"), Errno::success);
  EXPECT_EQ(stat("m")->filetype, 7);
}

TEST_P(PathsTest, Rename) {
  make_file("f", "abc");
  make_file("g", "old");
  EXPECT_EQ(mkdir("d"), Errno::success);
  EXPECT_EQ(rename("f", "d"), Errno::isdir);
  EXPECT_EQ(rename("d", "f"), Errno::notdir);
  EXPECT_EQ(rename("none", "x"), Errno::noent);
  EXPECT_EQ(rename("f/", "x"), Errno::notdir);
  EXPECT_EQ(rename("f", "x/"), Errno::notdir);
  EXPECT_EQ(rename("f", "../x"), Errno::perm);
  EXPECT_EQ(rename("../x", "f"), Errno::perm);
  EXPECT_EQ(rename("f", "g"), Errno::success);
  EXPECT_EQ(contents("g"), "abc");
  EXPECT_EQ(rename("d/", "e/"), Errno::success);
  EXPECT_EQ(rename("g", "e/g"), Errno::success);
  EXPECT_EQ(rename("e", "e/inside"), Errno::inval);
  EXPECT_EQ(mkdir("empty"), Errno::success);
  EXPECT_EQ(rename("empty", "e"), Errno::notempty);
  EXPECT_EQ(names(), (Names{"e", "empty"}));
}

TEST_P(PathsTest, RenameAndLinkStayWithinOneMount) {
  make_file("f", "abc");
  EXPECT_EQ(rename("f", "f", kRoot, kOther), Errno::xdev);
  EXPECT_EQ(link("f", "f", kRoot, kOther), Errno::xdev);
  EXPECT_EQ(vfs::code(stat("f", false, kOther)), Errno::noent);
  EXPECT_EQ(mkdir("d"), Errno::success);
  const Fd d = must_open("d", kDirectoryOnly);
  EXPECT_EQ(link("f", "f", kRoot, d), Errno::success);
  EXPECT_EQ(rename("f", "g", d, kRoot), Errno::success);
  EXPECT_EQ(names(), (Names{"d", "f", "g"}));
}

TEST_P(PathsTest, Symlink) {
  EXPECT_EQ(symlink("target", "l"), Errno::success);
  EXPECT_EQ(readlink("l"), "target");
  EXPECT_EQ(symlink("target", "l"), Errno::exist);
  EXPECT_EQ(symlink("/etc/passwd", "m"), Errno::perm);
  EXPECT_EQ(symlink("", "m"), Errno::noent);
  EXPECT_EQ(symlink(std::string("a\0b", 3), "m"), Errno::inval);
  EXPECT_EQ(symlink("\xFF", "m"), Errno::ilseq);
  EXPECT_EQ(symlink(std::string(4096, 'x'), "m"), Errno::nametoolong);
  EXPECT_EQ(symlink("x", "new/"), Errno::noent);
  EXPECT_EQ(symlink("x", "../m"), Errno::perm);
  EXPECT_EQ(names(), Names{"l"});
}

TEST_P(PathsTest, ALinkThatWouldEscapeMayBeStoredAndIsRefusedOnUse) {
  EXPECT_EQ(symlink("../../etc", "l"), Errno::success);
  EXPECT_EQ(readlink("l"), "../../etc");
  EXPECT_EQ(open_errno("l", {1, 0, kReadRight, 0}), Errno::perm);
  EXPECT_EQ(open_errno("l/passwd"), Errno::perm);
  EXPECT_EQ(vfs::code(stat("l", true)), Errno::perm);
  EXPECT_EQ(mkdir("l/x"), Errno::perm);
}

TEST_P(PathsTest, ReadlinkCutsSilently) {
  EXPECT_EQ(symlink("0123456789", "l"), Errno::success);
  EXPECT_EQ(readlink("l", 4), "0123");
  EXPECT_EQ(bytes_[kBuffer + 4], std::byte{0xAA});
  EXPECT_EQ(readlink("l", 10), "0123456789");
  EXPECT_EQ(bytes_[kBuffer + 10], std::byte{0xAA});  // no NUL
  EXPECT_EQ(readlink("l", 0), "");
  make_file("f");
  EXPECT_EQ(vfs::code(readlink("f")), Errno::inval);
  EXPECT_EQ(vfs::code(readlink("none")), Errno::noent);
  EXPECT_EQ(vfs::code(readlink("../l")), Errno::perm);
}

TEST_P(PathsTest, AReadOnlyMountRefusesEveryChange) {
  make_file("f", "abc");
  EXPECT_EQ(mkdir("d"), Errno::success);
  EXPECT_EQ(symlink("f", "l"), Errno::success);
  EXPECT_EQ(mkdir("n", kReadOnly), Errno::perm);
  EXPECT_EQ(rmdir("d", kReadOnly), Errno::perm);
  EXPECT_EQ(unlink("f", kReadOnly), Errno::perm);
  EXPECT_EQ(rename("f", "n", kReadOnly, kReadOnly), Errno::perm);
  EXPECT_EQ(link("f", "n", kReadOnly, kReadOnly), Errno::perm);
  EXPECT_EQ(symlink("f", "n", kReadOnly), Errno::perm);
  EXPECT_EQ(set_times("f", 1, 1, 5, kReadOnly), Errno::perm);
  EXPECT_EQ(names(), (Names{"d", "f", "l"}));
  EXPECT_EQ(stat("f", false, kReadOnly)->size, 3U);
  EXPECT_EQ(readlink("l", 100, kReadOnly), "f");
}

TEST_P(PathsTest, StartAtADirectoryOnly) {
  const Fd file = must_open("f");
  const auto call_all = [&](Fd fd, Errno why) {
    EXPECT_EQ(mkdir("x", fd), why);
    EXPECT_EQ(rmdir("x", fd), why);
    EXPECT_EQ(unlink("x", fd), why);
    EXPECT_EQ(vfs::code(stat("x", false, fd)), why);
    EXPECT_EQ(set_times("x", 1, 1, 5, fd), why);
    EXPECT_EQ(vfs::code(readlink("x", 10, fd)), why);
    EXPECT_EQ(symlink("t", "x", fd), why);
    EXPECT_EQ(rename("x", "y", fd, kRoot), why);
    EXPECT_EQ(rename("f", "y", kRoot, fd), why);
    EXPECT_EQ(link("x", "y", fd, kRoot), why);
    EXPECT_EQ(link("f", "y", kRoot, fd), why);
  };
  call_all(file, Errno::notdir);
  for (const Fd fd : {Fd{0}, Fd{1}, kClosed, kWild})
    call_all(fd, Errno::badf);
  EXPECT_EQ(names(), Names{"f"});
}

TEST_P(PathsTest, BadPathPointersFaultAndChangeNothing) {
  make_file("f");
  const GuestText good = put("f");
  const GuestText fresh = put("n");
  const GuestText bad_paths[] = {{kEnd - 3, 4}, {kEnd, 1}, {0xFFFFFFFF, 2}, {kOut, 0xFFFFFFFF}};
  EXPECT_TRUE(leaves_memory_alone([&] {
    for (const auto [at, size] : bad_paths) {
      EXPECT_EQ(run(path_create_directory, kRoot, at, size), Errno::fault);
      EXPECT_EQ(run(path_remove_directory, kRoot, at, size), Errno::fault);
      EXPECT_EQ(run(path_unlink_file, kRoot, at, size), Errno::fault);
      EXPECT_EQ(run(path_filestat_get, kRoot, 0, at, size, kOut), Errno::fault);
      EXPECT_EQ(run(path_filestat_set_times, kRoot, 0, at, size, 1, 1, 5), Errno::fault);
      EXPECT_EQ(run(path_readlink, kRoot, at, size, kBuffer, 100, kOut), Errno::fault);
      EXPECT_EQ(run(path_symlink, good.at, 1, kRoot, at, size), Errno::fault);
      EXPECT_EQ(run(path_symlink, at, size, kRoot, fresh.at, 1), Errno::fault);
      EXPECT_EQ(run(path_rename, kRoot, good.at, 1, kRoot, at, size), Errno::fault);
      EXPECT_EQ(run(path_rename, kRoot, at, size, kRoot, fresh.at, 1), Errno::fault);
      EXPECT_EQ(run(path_link, kRoot, 0, good.at, 1, kRoot, at, size), Errno::fault);
      EXPECT_EQ(run(path_link, kRoot, 0, at, size, kRoot, fresh.at, 1), Errno::fault);
    }
  }));
  EXPECT_EQ(names(), Names{"f"});
}

TEST_P(PathsTest, BadOutPointersFault) {
  EXPECT_EQ(symlink("target", "l"), Errno::success);
  const GuestText p = put("l");
  EXPECT_TRUE(leaves_memory_alone([&] {
    for (const Ptr bad : {kOut + 1, kOut + 4, kEnd - 63, kEnd, Ptr{0xFFFFFFF8}}) {
      EXPECT_EQ(run(path_filestat_get, kRoot, 0, p.at, p.size, bad), Errno::fault) << bad;
    }
    for (const Ptr bad : {kOut + 1, kOut + 2, kEnd - 3, kEnd, Ptr{0xFFFFFFFC}}) {
      EXPECT_EQ(run(path_readlink, kRoot, p.at, p.size, kBuffer, 10, bad), Errno::fault) << bad;
    }
    EXPECT_EQ(run(path_readlink, kRoot, p.at, p.size, kEnd - 9, 10, kOut), Errno::fault);
    EXPECT_EQ(run(path_readlink, kRoot, p.at, p.size, 0xFFFFFFFF, 2, kOut), Errno::fault);
  }));
  EXPECT_EQ(run(path_filestat_get, kRoot, 0, p.at, p.size, kEnd - 64), Errno::success);
}

}  // namespace
}  // namespace midimon::wasi
