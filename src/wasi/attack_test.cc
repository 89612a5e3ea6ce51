// The attack catalogue (docs/wasi.md, section 3) where it meets the calls themselves; what needs a
// running guest is in guest_test.cc.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <array>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "wasi/table.h"
#include "wasi/test_support.h"

namespace midimon::wasi {
namespace {

using AttackTest = OnEveryStore;
INSTANTIATE_TEST_SUITE_P(Stores, AttackTest, every_store(), store_name);

using Names = std::vector<std::string>;

TEST_P(AttackTest, Attack35_SeekOnStdio) {
  for (const Fd fd : {0U, 1U, 2U}) {
    for (const auto whence : {abi::Whence::set, abi::Whence::cur, abi::Whence::end}) {
      EXPECT_EQ(vfs::code(seek(fd, 0, whence)), Errno::spipe);
    }
  }
}

TEST_P(AttackTest, Attack36_OpenWithoutClose) {
  make_file("f");
  for (int i = 0; i < 64; ++i)
    EXPECT_TRUE(open("f").has_value()) << i;
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(vfs::code(open("f")), Errno::mfile);
  // The host can still open what it needs.
  const UniqueFd host(::open("/", O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(host.valid());
  EXPECT_LT(host.get(), 1000);
}

TEST_P(AttackTest, Attack40_NamesAreBounded) {
  EXPECT_EQ(mkdir(std::string(255, 'n')), Errno::success);
  EXPECT_EQ(mkdir(std::string(256, 'n')), Errno::nametoolong);
  EXPECT_EQ(symlink(std::string(4096, 't'), "l"), Errno::nametoolong);
}

TEST_P(AttackTest, Attack44_TenThousandIovecs) {
  const Fd fd = must_open("f");
  const GuestText text = put("x");
  const Ptr iovs = put_values(std::vector<abi::Iovec>(10'000, {text.at, 1}));
  EXPECT_EQ(run(fd_write, fd, iovs, 10'000, kOut), Errno::inval);
  EXPECT_EQ(run(fd_read, fd, iovs, 10'000, kOut), Errno::inval);
  EXPECT_EQ(run(fd_pwrite, fd, iovs, 10'000, 0, kOut), Errno::inval);
  EXPECT_EQ(run(fd_pread, fd, iovs, 10'000, 0, kOut), Errno::inval);
  EXPECT_EQ(stat(fd)->size, 0U);
}

TEST_P(AttackTest, Attack44_APathOf100Kilobytes) {
  std::string path;
  while (path.size() < 100'000)
    path += "a/";
  EXPECT_EQ(mkdir(path), Errno::nametoolong);
  EXPECT_EQ(open_errno(path, kCreateIt), Errno::nametoolong);
  EXPECT_EQ(symlink(path, "l"), Errno::nametoolong);
  EXPECT_EQ(symlink("l", path), Errno::nametoolong);
  EXPECT_EQ(rename(path, "x"), Errno::nametoolong);
  EXPECT_EQ(names(), Names{});
}

TEST_P(AttackTest, Attack63_TruncateOnAReadOnlyMount) {
  make_file("f", "abc");
  for (const std::uint64_t rights : {std::uint64_t{0}, kReadRight, kWriteRight, kBothRights}) {
    EXPECT_EQ(open_errno("f", {1, abi::kOpenTruncate, rights, 0}, kReadOnly), Errno::perm);
  }
  EXPECT_EQ(contents("f"), "abc");
}

TEST_P(AttackTest, Attack64_UtimesOnAReadOnlyMount) {
  make_file("f", "abc");
  EXPECT_EQ(set_times("f", 1, 1, 5), Errno::success);
  const Fd fd = must_open("f", {}, kReadOnly);
  const Fd directory = must_open(".", kDirectoryOnly, kReadOnly);
  for (const std::uint32_t flags : {5U, 10U, 0U}) {
    EXPECT_EQ(set_times("f", 7, 7, flags, kReadOnly), Errno::perm);
    EXPECT_EQ(run(fd_filestat_set_times, fd, 7, 7, flags), Errno::perm);
    EXPECT_EQ(run(fd_filestat_set_times, directory, 7, 7, flags), Errno::perm);
    EXPECT_EQ(run(fd_filestat_set_times, kReadOnly, 7, 7, flags), Errno::perm);
  }
  EXPECT_EQ(stat("f")->mtim, 1U);
}

TEST_P(AttackTest, Attack65_LinkAndRenameFromReadOnlyToWritable) {
  make_file("f", "abc");
  for (const Fd writable : {kRoot, kOther}) {
    EXPECT_EQ(rename("f", "g", kReadOnly, writable), Errno::perm);
    EXPECT_EQ(link("f", "g", kReadOnly, writable), Errno::perm);
    EXPECT_EQ(rename("f", "g", writable, kReadOnly), Errno::perm);
    EXPECT_EQ(link("f", "g", writable, kReadOnly), Errno::perm);
  }
  EXPECT_EQ(names(), Names{"f"});
  EXPECT_EQ(vfs::names_in(*other_), Names{});
}

TEST_P(AttackTest, Attack68_AnotherInstancesDescriptor) {
  const Fd fd = must_open("secret");
  EXPECT_EQ(write(fd, "mine"), 4U);
  ContextOptions options;
  options.clock = &clock_;
  Context other(std::move(options));
  HostCall call{memory(), budget_};
  EXPECT_EQ(fd_read(other, call, fd, kOut, 0, kOut), Errno::badf);
  EXPECT_EQ(fd_close(other, call, fd), Errno::badf);
  for (Fd any = 0; any < 100; ++any) {
    EXPECT_EQ(fd_fdstat_get(other, call, any, kOut), Errno::badf) << any;
  }
  EXPECT_EQ(pread(fd, 0), "mine");
}

TEST_P(AttackTest, Attack76_IovecsThatWrapDoNothing) {
  const Fd fd = must_open("f");
  EXPECT_EQ(write(fd, "abc"), 3U);
  const Ptr iovs = put_values<abi::Iovec>({{kBuffer, 1}, {0xFFFFFFF0, 0x20}});
  EXPECT_TRUE(leaves_memory_alone([&] {
    EXPECT_EQ(run(fd_pread, fd, iovs, 2, 0, kOut), Errno::fault);
    EXPECT_EQ(run(fd_write, fd, iovs, 2, kOut), Errno::fault);
    EXPECT_EQ(run(fd_write, 1, iovs, 2, kOut), Errno::fault);
    EXPECT_EQ(run(fd_read, 0, iovs, 2, kOut), Errno::fault);
  }));
  EXPECT_EQ(contents("f"), "abc");
  EXPECT_EQ(output_.text(), "");
}

TEST_P(AttackTest, Attack77_ABadOutPointerFailsBeforeTheSideEffect) {
  input_.text = "typed";
  const GuestText text = put("x");
  const Ptr iovs = put_values<abi::Iovec>({{text.at, text.size}});
  EXPECT_EQ(run(fd_write, 1, iovs, 1, kEnd), Errno::fault);
  EXPECT_EQ(run(fd_read, 0, iovs, 1, kEnd), Errno::fault);
  EXPECT_EQ(run(path_open, kRoot, 0, text.at, 1, abi::kOpenCreate, kBothRights, std::uint64_t{0}, 0,
                kEnd),
            Errno::fault);
  EXPECT_EQ(output_.text(), "");
  EXPECT_EQ(input_.text, "typed");
  EXPECT_EQ(names(), Names{});
}

TEST_P(AttackTest, Attack78_TheOutPointerOverTheIovecs) {
  const Fd fd = must_open("f");
  EXPECT_EQ(write(fd, "abcdefgh"), 8U);
  const Ptr iovs = put_values<abi::Iovec>({{kBuffer, 4}, {kBuffer + 8, 4}});
  EXPECT_EQ(run(fd_pread, fd, iovs, 2, 0, iovs), Errno::success);
  EXPECT_EQ(out<Size>(iovs), 8U);
  EXPECT_EQ(text_at(kBuffer, 4), "abcd");
  EXPECT_EQ(text_at(kBuffer + 8, 4), "efgh");
}

// What is read replaces the list itself: the list was copied before.
TEST_P(AttackTest, Attack78_ABufferOverTheIovecs) {
  const Fd fd = must_open("f");
  const std::string evil("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", 8);
  EXPECT_EQ(write(fd, evil + evil + "tail"), 20U);
  const Ptr iovs = put_values<abi::Iovec>({{0, 8}, {0, 8}, {kBuffer, 4}});
  memory().store(iovs, abi::Iovec{iovs, 8});
  memory().store(iovs + 8, abi::Iovec{iovs + 8, 8});
  EXPECT_EQ(run(fd_pread, fd, iovs, 3, 0, kOut), Errno::success);
  EXPECT_EQ(out<Size>(), 20U);
  EXPECT_EQ(text_at(iovs, 16), evil + evil);
  EXPECT_EQ(text_at(kBuffer, 4), "tail");
}

// Buffers that overlap add up to more than a guest's 32-bit count can say.
TEST_F(WasiTest, MoreThan4GiBInOneCallIsCountedHonestly) {
  CapturedOutput output(0);
  ContextOptions options;
  options.output = &output;
  restart(std::move(options));
  constexpr Size kMiB64 = 64 * 1024 * 1024;
  bytes_.resize(kMiB64);
  const Ptr iovs = put_values(std::vector<abi::Iovec>(65, {0, kMiB64}));
  const Errno done = run(fd_write, 1, iovs, 65, kOut);
  if (done == Errno::success) {
    EXPECT_EQ(out<Size>(), output.dropped());
  } else {
    EXPECT_EQ(done, Errno::inval);
    EXPECT_EQ(output.dropped(), 0U);
  }
}

class TerminalTest : public WasiTest {
 protected:
  TerminalTest() {
    int master = -1;
    int slave = -1;
    EXPECT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
    master_.reset(master);
    slave_.reset(slave);
    stream_.emplace(slave);
    ContextOptions options;
    options.output = &*stream_;
    restart(std::move(options));
  }
  // What the person would see.
  std::string shown() {
    std::string text(1000, '\0');
    const ssize_t got = ::read(master_.get(), text.data(), text.size());
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }

  UniqueFd master_;
  UniqueFd slave_;
  std::optional<HostOutput> stream_;
};

TEST_F(TerminalTest, Attack73_EscapeSequencesOnStdout) {
  EXPECT_EQ(fdstat(1)->filetype, 2);
  const std::string evil =
      "\x1B]0;owned\x07 \x1B[2J\xC2\x9B"
      "6n caf\xC3\xA9\n";
  EXPECT_EQ(write(1, evil), evil.size());
  EXPECT_EQ(shown(), "?]0;owned? ?[2J??6n caf\xC3\xA9\r\n");
}

TEST_F(TerminalTest, Attack73_ASequenceCutInTwo) {
  const GuestText text =
      put("\xC2\x9B"
          "31mred");
  const Ptr iovs = put_values<abi::Iovec>({{text.at, 1}, {text.at + 1, text.size - 1}});
  EXPECT_EQ(run(fd_write, 1, iovs, 2, kOut), Errno::success);
  EXPECT_EQ(out<Size>(), text.size);
  const std::string seen = shown();
  EXPECT_EQ(seen.find('\x9B'), std::string::npos);
  EXPECT_EQ(seen.find('\x1B'), std::string::npos);
}

TEST_F(WasiTest, Attack75_AFloodOfStdoutIsCountedAndDropped) {
  const std::string line(1000, 'x');
  for (int i = 0; i < 10'000; ++i)
    EXPECT_EQ(write(1, line), 1000U);
  EXPECT_EQ(output_.text().size(), 1024U);
  EXPECT_EQ(output_.dropped(), 10'000'000U - 1024U);
}

// All functions but poll_oneoff, which would sleep, with numbers that like to break things.
TEST_F(WasiTest, RandomArgumentsBreakNothing) {
  std::mt19937_64 random(7);  // NOLINT(cert-msc51-cpp): the same every time
  const std::array<std::uint64_t, 24> edges = {
      0,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      16,
      24,
      64,
      512,
      4096,
      kEnd - 8,
      kEnd - 1,
      kEnd,
      kEnd + 1,
      0x7FFFFFFF,
      0x80000000,
      0xFFFFFFFF,
      0xFFFFFFF8,
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()),
      ~std::uint64_t{0}};
  make_file("a", "file");
  const wasm::ImportModule module = import_module();
  std::vector<wasm::HostFunction> rows;
  for (const auto& row : module.functions) {
    if (row.name != "poll_oneoff") rows.push_back(row);
  }
  for (int i = 0; i < 100'000; ++i) {
    // A path or two, and lists of small buffers.
    if (i % 16 == 0) {
      for (Ptr at = 0; at < 64; at += 8) {
        memory().store(at, abi::Iovec{static_cast<Ptr>(edges[random() % edges.size()]),
                                      static_cast<Size>(random() % 64)});
      }
      std::memcpy(bytes_.data() + 512, "a/b/../c", 8);
      if (i % 1024 == 0) restart({});
    }
    const wasm::HostFunction& row = rows[random() % rows.size()];
    std::array<wasm::RawValue, wasm::HostFunction::kMaxParams> values{};
    for (wasm::RawValue& value : values) {
      value.i64 = static_cast<std::int64_t>(edges[random() % edges.size()]);
    }
    if (random() % 2 == 0) values[0].i64 = kRoot + static_cast<std::int64_t>(random() % 6);
    HostCall call{memory(), budget_};
    row.invoke(context_.get(), call, values.data());
    if (row.has_result) {
      ASSERT_NE(to_string(static_cast<Errno>(values[0].i32)), "errno") << row.name;
    }
  }
}

}  // namespace
}  // namespace midimon::wasi
