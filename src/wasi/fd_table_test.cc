// The descriptors' numbers: fd_renumber, the limit, and the table against a simple model of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>

#include "wasi/test_support.h"

namespace midimon::wasi {
namespace {

using RenumberTest = WasiTest;

TEST_F(RenumberTest, ClosesTheTargetAndFreesTheSource) {
  make_file("a", "from a");
  const Fd a = must_open("a");
  const Fd b = must_open("b");
  EXPECT_EQ(seek(a, 5), 5U);
  EXPECT_EQ(run(fd_renumber, a, b), Errno::success);
  EXPECT_EQ(tell(b), 5U);
  EXPECT_EQ(read(b), "a");
  EXPECT_EQ(vfs::code(tell(a)), Errno::badf);
  EXPECT_EQ(must_open("c"), a);
}

TEST_F(RenumberTest, TheSameNumberIsFine) {
  const Fd fd = must_open("f");
  EXPECT_EQ(run(fd_renumber, fd, fd), Errno::success);
  EXPECT_EQ(write(fd, "x"), 1U);
}

TEST_F(RenumberTest, BothMustBeOpen) {
  const Fd fd = must_open("f");
  EXPECT_EQ(run(fd_renumber, fd, kClosed), Errno::badf);
  EXPECT_EQ(run(fd_renumber, kClosed, fd), Errno::badf);
  EXPECT_EQ(run(fd_renumber, kClosed, kClosed), Errno::badf);
  EXPECT_EQ(run(fd_renumber, fd, fd + 1), Errno::badf);
  EXPECT_EQ(write(fd, "x"), 1U);
}

TEST_F(RenumberTest, AFileCanBecomeStdout) {
  const Fd fd = must_open("f");
  EXPECT_EQ(run(fd_renumber, fd, 1), Errno::success);
  EXPECT_EQ(write(1, "logged"), 6U);
  EXPECT_EQ(contents("f"), "logged");
  EXPECT_EQ(output_.text(), "");
}

TEST_F(RenumberTest, StdoutCanBecomeStderr) {
  EXPECT_EQ(run(fd_renumber, 1, 2), Errno::success);
  EXPECT_EQ(write(2, "x"), 1U);
  EXPECT_EQ(output_.text(), "x");
  EXPECT_EQ(vfs::code(write(1, "x")), Errno::badf);
}

TEST_F(RenumberTest, APreopenKeepsItsName) {
  const Fd fd = must_open(".", kDirectoryOnly);
  EXPECT_EQ(run(fd_renumber, kReadOnly, fd), Errno::success);
  EXPECT_EQ(run(fd_prestat_get, fd, kOut), Errno::success);
  EXPECT_EQ(run(fd_prestat_get, kReadOnly, kOut), Errno::badf);
  EXPECT_EQ(mkdir("d", fd), Errno::perm);
}

TEST_F(RenumberTest, Attack37_HugeAndEqualNumbersGrowNothing) {
  const Fd fd = must_open("f");
  for (const Fd wild : {kWild, kWild - 1, Fd{0x80000000}, Fd{0x7FFFFFFF}, Fd{1} << 30}) {
    EXPECT_EQ(run(fd_renumber, fd, wild), Errno::badf);
    EXPECT_EQ(run(fd_renumber, wild, fd), Errno::badf);
    EXPECT_EQ(run(fd_renumber, wild, wild), Errno::badf);
  }
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(run(fd_renumber, fd, fd), Errno::success);
  EXPECT_EQ(must_open("g"), fd + 1);
}

// Renumbering must not let a guest hold more than its share.
TEST_F(RenumberTest, DoesNotGetAroundTheLimit) {
  ContextOptions options;
  options.max_open_files = 3;
  restart(std::move(options));
  EXPECT_EQ(run(fd_renumber, must_open("a"), 0), Errno::success);
  EXPECT_EQ(run(fd_renumber, must_open("b"), 1), Errno::success);
  EXPECT_EQ(run(fd_renumber, must_open("c"), kRoot), Errno::success);
  EXPECT_EQ(vfs::code(open("d", kCreateIt, kOther)), Errno::mfile);
  EXPECT_EQ(run(fd_close, 0), Errno::success);
  EXPECT_EQ(must_open("d", kCreateIt, kOther), 0U);
  EXPECT_EQ(vfs::code(open("e", kCreateIt, kOther)), Errno::mfile);
}

using LimitTest = WasiTest;

TEST_F(LimitTest, MfileComesBeforeAnythingIsCreated) {
  ContextOptions options;
  options.max_open_files = 1;
  restart(std::move(options));
  make_file("keep", "abc");
  const Fd fd = must_open("a");
  EXPECT_EQ(vfs::code(open("b", kCreateIt)), Errno::mfile);
  EXPECT_EQ(vfs::code(open("keep", {0, abi::kOpenTruncate, kWriteRight, 0})), Errno::mfile);
  EXPECT_EQ(vfs::code(open(".", kDirectoryOnly)), Errno::mfile);
  EXPECT_EQ(names(), (std::vector<std::string>{"a", "keep"}));
  EXPECT_EQ(run(fd_close, fd), Errno::success);
  EXPECT_EQ(contents("keep"), "abc");
}

TEST_F(LimitTest, StdioAndPreopensAreNotCounted) {
  ContextOptions options;
  options.max_open_files = 0;
  restart(std::move(options));
  EXPECT_EQ(write(1, "x"), 1U);
  EXPECT_EQ(mkdir("d"), Errno::success);
  EXPECT_EQ(vfs::code(open("d", kDirectoryOnly)), Errno::mfile);
  EXPECT_EQ(run(fd_close, 1), Errno::success);
  EXPECT_EQ(vfs::code(open("d", kDirectoryOnly)), Errno::mfile);
}

// A model: which numbers are open, and which of them count.
class TableModelTest : public WasiTest {
 protected:
  static constexpr std::size_t kLimit = 8;

  TableModelTest() {
    ContextOptions options;
    options.max_open_files = kLimit;
    restart(std::move(options));
  }

  void open_one() {
    const auto opened = open(".", kDirectoryOnly, kDirectory);
    const auto counted =
        std::count_if(open_.begin(), open_.end(), [](auto& e) { return e.second; });
    if (static_cast<std::size_t>(counted) == kLimit) {
      EXPECT_EQ(vfs::code(opened), Errno::mfile);
      return;
    }
    Fd lowest = 0;
    while (open_.contains(lowest))
      ++lowest;
    EXPECT_EQ(opened, lowest);
    open_[lowest] = true;
  }
  void close_one(Fd fd) {
    EXPECT_EQ(run(fd_close, fd), open_.erase(fd) > 0 ? Errno::success : Errno::badf);
  }
  void renumber_one(Fd from, Fd to) {
    const bool good = open_.contains(from) && open_.contains(to);
    EXPECT_EQ(run(fd_renumber, from, to), good ? Errno::success : Errno::badf);
    if (!good || from == to) return;
    open_[to] = open_[from];
    open_.erase(from);
  }
  void compare() {
    for (Fd fd = 0; fd < 24; ++fd) {
      EXPECT_EQ(vfs::code(fdstat(fd)), open_.contains(fd) ? Errno::success : Errno::badf) << fd;
    }
  }

  static constexpr Fd kDirectory = kRoot;  // never closed, so that there is something to open
  std::map<Fd, bool> open_ = {{0, false}, {1, false}, {2, false},
                              {3, false}, {4, false}, {5, false}};
};

TEST_F(TableModelTest, RandomCallsAgreeWithTheModel) {
  std::mt19937 random(20240607);  // NOLINT(cert-msc51-cpp): the same every time
  const auto any_fd = [&] {
    const Fd fd = random() % 20;
    return fd == kDirectory ? kWild : fd;
  };
  for (int i = 0; i < 20'000 && !HasFailure(); ++i) {
    const auto what = random() % 10;
    if (what < 5) open_one();
    if (what >= 5 && what < 7) close_one(any_fd());
    if (what >= 7) renumber_one(any_fd(), any_fd());
    if (i % 50 == 0) compare();
  }
}

}  // namespace
}  // namespace midimon::wasi
