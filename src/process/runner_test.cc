#include "process/runner.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "process/cgroup.h"

namespace midimon {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Nanos in(Nanos time) {
  return SystemClock().monotonic() + time;
}

class RunnerTest : public ::testing::Test {
 protected:
  ~RunnerTest() override { std::filesystem::remove_all(directory_); }

  static std::filesystem::path make_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "midimon-run-XXXXXX").string();
    return ::mkdtemp(name.data());
  }
  std::string script(const std::string& name, const std::string& text) {
    const std::filesystem::path path = directory_ / name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0755);
    return path.string();
  }
  Result<RunResult> run(std::vector<std::string> argv, const std::string& input = "") {
    return runner_.run({std::move(argv), input, {"A=b"}, Nanos::max()},
                       {in(std::chrono::seconds(20)), -1, {}});
  }
  std::string output(std::vector<std::string> argv) {
    const auto result = run(std::move(argv));
    return result ? result->out : result.error().message;
  }

  // Whether the process comes to its end. Whoever adopted it may not have taken notice.
  static bool ends(const std::string& pid) {
    const Nanos late = in(std::chrono::seconds(20));
    while (SystemClock().monotonic() < late) {
      std::string state;
      std::ifstream("/proc/" + std::to_string(std::stoi(pid)) + "/stat") >> state >> state >> state;
      if (state.empty() || state == "Z") return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }

  std::filesystem::path directory_ = make_directory();
  Runner runner_;
};

TEST_F(RunnerTest, HandsInputOverAndOutputBack) {
  const auto result = run({"/bin/cat"}, std::string(50'000, 'x'));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->status, 0);
  EXPECT_FALSE(result->signal);
  EXPECT_EQ(result->out, std::string(50'000, 'x'));
  EXPECT_EQ(result->err, "");
  EXPECT_FALSE(result->out_truncated || result->timed_out);
}

TEST_F(RunnerTest, SaysHowItEnded) {
  EXPECT_EQ(run({"/bin/sh", "-c", "echo no >&2; exit 3"})->status, 3);
  EXPECT_EQ(run({"/bin/sh", "-c", "echo no >&2; exit 3"})->err, "no\n");
  const auto killed = run({"/bin/sh", "-c", "kill -9 $$"});
  EXPECT_FALSE(killed->status);
  EXPECT_EQ(killed->signal, SIGKILL);
}

TEST_F(RunnerTest, ArgumentsAreWordsAndNobodyExpandsThem) {
  const std::string program =
      script("args", "#!/bin/sh\nfor a in \"$@\"; do echo \"<$a>\"; done\n");
  EXPECT_EQ(output({program, "a b", "$(id)", "; rm -rf /", "*", "", "--x=`id`"}),
            "<a b>\n<$(id)>\n<; rm -rf />\n<*>\n<>\n<--x=`id`>\n");
}

TEST_F(RunnerTest, ItsWorldIsClean) {
  const int leaked = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  ::setenv("SECRET_OF_OURS", "1", 1);
  // The C library's own signal for ending threads: whoever starts a program by posix_spawn() may
  // leave it ignored, and signal() does not change it.
  struct {
    void (*handler)(int) = SIG_IGN;
    unsigned long flags = 0;
    void (*restorer)() = nullptr;
    unsigned long mask = 0;
  } ignored;
  ASSERT_EQ(::syscall(SYS_rt_sigaction, 32, &ignored, nullptr, sizeof ignored.mask), 0);
  EXPECT_EQ(output({"/usr/bin/env"}), "A=b\n");
  EXPECT_EQ(output({"/bin/pwd"}), "/\n");
  EXPECT_EQ(output({"/bin/ls", "/proc/self/fd"}), "0\n1\n2\n3\n");  // 3 is what ls reads
  EXPECT_THAT(output({"/bin/grep", "NoNewPrivs", "/proc/self/status"}), HasSubstr("\t1"));
  EXPECT_THAT(output({"/bin/grep", "SigBlk", "/proc/self/status"}), HasSubstr("0000000000000000"));
  EXPECT_THAT(output({"/bin/grep", "SigIgn", "/proc/self/status"}), HasSubstr("0000000000000000"));
  ::unsetenv("SECRET_OF_OURS");
  ::close(leaked);
}

TEST_F(RunnerTest, IsNotHeldByWhatHoldsWhoAsks) {
  std::string status;
  std::thread([&] {
    ASSERT_EQ(::prctl(PR_SET_TIMERSLACK, 123'456'789, 0, 0, 0), 0);  // inherited, like Landlock
    status = output({"/bin/cat", "/proc/self/timerslack_ns"});
  }).join();
  EXPECT_THAT(status, Not(HasSubstr("123456789")));
}

TEST_F(RunnerTest, TooMuchOutputIsReadAndNotKept) {
  const auto result = run({"/bin/sh", "-c", "head -c 1000000 /dev/zero; echo end >&2"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 0);
  EXPECT_EQ(result->out.size(), kMaxRunOutput);
  EXPECT_TRUE(result->out_truncated);
  EXPECT_FALSE(result->err_truncated);
  EXPECT_EQ(result->err, "end\n");
}

TEST_F(RunnerTest, AnInputThatNobodyReadsHoldsNothingUp) {
  EXPECT_EQ(run({"/bin/true"}, std::string(1'000'000, 'x'))->status, 0);
}

TEST_F(RunnerTest, AtItsDeadlineItIsKilledWithItsGroup) {
  const std::string program = script("slow", "#!/bin/sh\nsleep 1000 &\necho $!\nsleep 1000\n");
  const auto result = runner_.run({{program}, "", {}, in(std::chrono::seconds(2))},
                                  {in(std::chrono::seconds(20)), -1, {}});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->timed_out);
  EXPECT_EQ(result->signal, SIGKILL);
  EXPECT_TRUE(ends(result->out));
}

TEST_F(RunnerTest, WhatItLeavesBehindEndsWithIt) {
  const auto result = run({"/bin/sh", "-c", "sleep 1000 & echo $!"});
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->timed_out);
  EXPECT_TRUE(ends(result->out));
}

// Where there are no control groups only the process group is ended, as the header says.
TEST_F(RunnerTest, WhereThereAreControlGroupsASessionOfItsOwnIsNoWayOut) {
  const auto result = run({"/bin/sh", "-c", "setsid sleep 1000 > /dev/null 2>&1 & echo $!"});
  ASSERT_TRUE(result);
  if (Cgroup::create()) {
    EXPECT_TRUE(ends(result->out));
  }
  ::kill(std::stoi(result->out), SIGKILL);
}

TEST_F(RunnerTest, IsEndedWhenItIsCalledBack) {
  const UniqueFd cancel(::eventfd(0, EFD_CLOEXEC));
  const std::string mark = (directory_ / "begun").string();
  const std::string program = script("wait", "#!/bin/sh\necho $$ > " + mark + "\nsleep 1000\n");
  std::thread canceller([&] {
    while (!std::filesystem::exists(mark) || std::filesystem::file_size(mark) == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::uint64_t one = 1;
    EXPECT_EQ(::write(cancel.get(), &one, sizeof one), 8);
  });
  EXPECT_FALSE(runner_.run({{program}, "", {}, Nanos::max()},
                           {in(std::chrono::seconds(20)), cancel.get(), {}}));
  canceller.join();
  std::string pid;
  std::ifstream(mark) >> pid;
  EXPECT_TRUE(ends(pid));
}

TEST_F(RunnerTest, SaysWhyItDoesNotRun) {
  EXPECT_EQ(run({"/no/such/program"}).error().code, ErrorCode::not_found);
  EXPECT_EQ(run({"/etc"}).error().code, ErrorCode::invalid);
  EXPECT_EQ(run({"/etc/passwd"}).error().code, ErrorCode::invalid);
  EXPECT_EQ(run({script("orphan", "#!/no/such/interpreter\n")}).error().code, ErrorCode::io);
  EXPECT_EQ(run({script("none", "no program")}).error().code, ErrorCode::io);
}

TEST_F(RunnerTest, WhatOthersMayWriteToIsNotRun) {
  const std::string program = script("open", "#!/bin/sh\necho hello\n");
  EXPECT_EQ(output({program}), "hello\n");
  ::chmod(program.c_str(), 0757);
  const auto refused = run({program});
  EXPECT_EQ(refused.error().code, ErrorCode::denied);
  EXPECT_THAT(refused.error().message, HasSubstr("chmod o-w"));
}

TEST(CleanEnvironment, HasTheWayToTheDesktopAndNothingElse) {
  const auto all = clean_environment([](const std::string& name) -> std::optional<std::string> {
    if (name == "HOME") return "/home/me";
    if (name == "DISPLAY") return ":0";
    if (name == "LD_PRELOAD" || name == "PATH" || name == "GITHUB_TOKEN") return "evil";
    return std::nullopt;
  });
  EXPECT_THAT(all, ::testing::ElementsAre("PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/home/me",
                                          "DISPLAY=:0"));
}

}  // namespace
}  // namespace midimon
