// stdin, stdout and stderr: through the WASI calls, and the streams themselves.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "wasi/test_support.h"

namespace midimon::wasi {
namespace {

using StdioTest = WasiTest;

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};

Pipe make_pipe() {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::pipe(ends), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

TEST_F(StdioTest, InputIsReadAndOutputsAreWritten) {
  input_.text = "question";
  EXPECT_EQ(read(0, 5), "quest");
  EXPECT_EQ(read(0), "ion");
  EXPECT_EQ(read(0), "");
  EXPECT_EQ(write(1, "answer\n"), 7U);
  EXPECT_EQ(write(2, "oops\n"), 5U);
  EXPECT_EQ(output_.text(), "answer\n");
  EXPECT_EQ(error_.text(), "oops\n");
}

TEST_F(StdioTest, EachGoesOneWayOnly) {
  EXPECT_EQ(vfs::code(write(0, "x")), Errno::badf);
  EXPECT_EQ(vfs::code(read(1)), Errno::badf);
  EXPECT_EQ(vfs::code(read(2)), Errno::badf);
}

TEST_F(StdioTest, HasNoPositions) {
  input_.text = "x";
  for (const Fd fd : {0U, 1U, 2U}) {
    EXPECT_EQ(vfs::code(pread(fd, 0)), Errno::spipe);
    EXPECT_EQ(vfs::code(pwrite(fd, "x", 0)), Errno::spipe);
    EXPECT_EQ(vfs::code(seek(fd, 0)), Errno::spipe);
    EXPECT_EQ(vfs::code(tell(fd)), Errno::spipe);
  }
  EXPECT_EQ(input_.text, "x");
  EXPECT_EQ(output_.text(), "");
}

TEST_F(StdioTest, IsNoFile) {
  for (const Fd fd : {0U, 1U, 2U}) {
    EXPECT_EQ(run(fd_advise, fd, 0, 0, 0), Errno::badf);
    EXPECT_EQ(run(fd_allocate, fd, 0, 1), Errno::badf);
    EXPECT_EQ(run(fd_filestat_set_size, fd, 0), Errno::badf);
    EXPECT_EQ(run(fd_filestat_set_times, fd, 1, 1, abi::kSetAtime), Errno::badf);
    EXPECT_EQ(vfs::code(readdir_bytes(fd, 100, 0)), Errno::badf);
    EXPECT_EQ(run(fd_prestat_get, fd, kOut), Errno::badf);
    EXPECT_EQ(run(fd_prestat_dir_name, fd, kOut, 100), Errno::notdir);
    EXPECT_EQ(vfs::code(open("x", kCreateIt, fd)), Errno::badf);
    EXPECT_EQ(mkdir("x", fd), Errno::badf);
  }
}

TEST_F(StdioTest, ItsFilestatIsZeros) {
  for (const Fd fd : {0U, 1U, 2U}) {
    EXPECT_EQ(run(fd_filestat_get, fd, kOut), Errno::success);
    EXPECT_EQ(text_at(kOut, 64), std::string(64, '\0'));
  }
}

// wasi-libc's isatty() wants a character device without SEEK and TELL.
TEST_F(StdioTest, OutputsLookLikeATerminalAndInputDoesNot) {
  constexpr std::uint64_t kSeekAndTell = abi::kRightFdSeek | abi::kRightFdTell;
  EXPECT_EQ(fdstat(1)->filetype, 2);
  EXPECT_EQ(fdstat(1)->rights_base & kSeekAndTell, 0U);
  EXPECT_EQ(fdstat(1)->rights_base & kBothRights, kWriteRight);
  EXPECT_EQ(fdstat(0)->filetype, 0);
  EXPECT_EQ(fdstat(0)->rights_base & kSeekAndTell, 0U);
  EXPECT_EQ(fdstat(0)->rights_base & kBothRights, kReadRight);
}

TEST_F(StdioTest, CanBeClosedAndItsNumberIsUsedAgain) {
  EXPECT_EQ(run(fd_close, 1), Errno::success);
  EXPECT_EQ(vfs::code(write(1, "x")), Errno::badf);
  EXPECT_EQ(run(fd_close, 1), Errno::badf);
  EXPECT_EQ(must_open("f"), 1U);
  EXPECT_EQ(write(1, "x"), 1U);
  EXPECT_EQ(contents("f"), "x");
  EXPECT_EQ(output_.text(), "");
}

// A stream that would wait for a person at the keyboard.
class UnreadInput final : public InputStream {
 public:
  ErrnoOr<std::size_t> read(std::span<const iovec>, wasm::Budget&) override {
    ADD_FAILURE() << "this would wait";
    return 0;
  }
  [[nodiscard]] vfs::FileType type() const override { return vfs::FileType::unknown; }
};

TEST_F(StdioTest, AReadOfNothingDoesNotWait) {
  UnreadInput input;
  ContextOptions options;
  options.input = &input;
  restart(std::move(options));
  const Ptr iovs = put_values<abi::Iovec>({{kBuffer, 0}});
  EXPECT_EQ(run(fd_read, 0, iovs, 1, kOut), Errno::success);
  EXPECT_EQ(out<Size>(), 0U);
  EXPECT_EQ(run(fd_read, 0, iovs, 0, kOut), Errno::success);
}

TEST_F(StdioTest, AFailingReadOrWriteIsTheGuestsToSee) {
  const UniqueFd directory(::open("/", O_RDONLY | O_CLOEXEC));
  HostInput input(directory.get());
  HostOutput output(directory.get());
  ContextOptions options;
  options.input = &input;
  options.output = &output;
  restart(std::move(options));
  EXPECT_EQ(vfs::code(read(0)), Errno::isdir);
  EXPECT_EQ(vfs::code(write(1, "x")), Errno::badf);
}

TEST(CapturedOutput, KeepsTheFirstBytesAndCountsTheRest) {
  CapturedOutput output(10);
  wasm::Budget budget;
  const std::vector<iovec> buffers = {vfs::as_iovec("0123456"), vfs::as_iovec("789abc")};
  EXPECT_EQ(output.write(buffers, budget), 13U);
  EXPECT_EQ(output.text(), "0123456789");
  EXPECT_EQ(output.dropped(), 3U);
  EXPECT_EQ(output.take(), "0123456789");
  EXPECT_EQ(output.text(), "");
  EXPECT_EQ(output.dropped(), 0U);
}

TEST(EmptyInput, IsAtItsEnd) {
  EmptyInput input;
  wasm::Budget budget;
  EXPECT_EQ(input.read({}, budget), 0U);
  EXPECT_EQ(input.poll_fd(), -1);
}

TEST(HostStreams, CarryBytesUnchangedThroughAPipe) {
  const Pipe pipe = make_pipe();
  HostOutput output(pipe.writer.get());
  HostInput input(pipe.reader.get());
  wasm::Budget budget;
  const std::string text("\x1B[31m\0\xFF\n", 8);
  const std::vector<iovec> buffers = {vfs::as_iovec(text), vfs::as_iovec("more")};
  EXPECT_EQ(output.write(buffers, budget), 12U);
  std::string got(100, '\0');
  const iovec into = vfs::as_iovec(got);
  EXPECT_EQ(input.read({&into, 1}, budget), 12U);
  EXPECT_EQ(got.substr(0, 12), text + "more");
  EXPECT_EQ(output.type(), vfs::FileType::unknown);
}

TEST(HostStreams, AClosedPipeIsTheEnd) {
  Pipe pipe = make_pipe();
  HostInput input(pipe.reader.get());
  pipe.writer.reset();
  wasm::Budget budget;
  std::string got(10, '\0');
  const iovec into = vfs::as_iovec(got);
  EXPECT_EQ(input.read({&into, 1}, budget), 0U);
}

TEST(HostStreams, FilesAreNeverWaitedFor) {
  const vfs::TempDir dir;
  vfs::write_host_file(dir / "f", "abc");
  const UniqueFd fd(::open((dir / "f").c_str(), O_RDWR | O_CLOEXEC));
  HostInput input(fd.get());
  EXPECT_EQ(input.poll_fd(), -1);
  EXPECT_EQ(input.type(), vfs::FileType::regular_file);
  HostOutput output(fd.get());
  EXPECT_EQ(output.poll_fd(), -1);
  wasm::Budget budget;
  const iovec text = vfs::as_iovec("xyz");
  EXPECT_EQ(output.write({&text, 1}, budget), 3U);
  EXPECT_EQ(vfs::read_host_file(dir / "f"), "xyz");
}

TEST(ForTerminal, KeepsTextAndLineEnds) {
  const std::string text = "caf\xC3\xA9 \xE2\x86\x92 \xF0\x9F\x8E\xB9\tx\r\n";
  EXPECT_EQ(for_terminal(text), text);
  EXPECT_EQ(for_terminal(""), "");
}

TEST(ForTerminal, ReplacesWhatATerminalObeys) {
  EXPECT_EQ(for_terminal("\x1B[2J"), "?[2J");
  EXPECT_EQ(for_terminal("\x1B]0;title\x07"), "?]0;title?");
  EXPECT_EQ(for_terminal(std::string("a\0b\x7F\x08", 5)), "a?b??");
  EXPECT_EQ(for_terminal("\xC2\x9B"
                         "31m"),
            "??31m");  // CSI as one character, in UTF-8
  EXPECT_EQ(for_terminal("\x9B"
                         "31m"),
            "?31m");  // and in Latin-1
  EXPECT_EQ(for_terminal("\xC2\x80\xC2\x9F"), "????");
}

TEST(ForTerminal, NoPieceOfASequenceThatWasCutGetsThrough) {
  // "\xC2" and "\x9B" written one after the other must not meet on the terminal.
  const std::string shown = for_terminal("\xC2") + for_terminal(
                                                       "\x9B"
                                                       "31m");
  EXPECT_EQ(shown.find("\xC2\x9B"), std::string::npos);
  EXPECT_EQ(for_terminal("\x9B"
                         "31m"),
            "?31m");
}

}  // namespace
}  // namespace midimon::wasi
