#include "desktop/processes.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "desktop/test_support.h"

namespace midimon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::eventually;
using ::testing::HasSubstr;
using testing::report_of;
using ::testing::StartsWith;

std::size_t open_files() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

class ProcessesTest : public ::testing::Test {
 protected:
  ProcessesTest() {
    std::string name = (std::filesystem::temp_directory_path() / "midimon-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~ProcessesTest() override { std::filesystem::remove_all(folder_); }

  std::future<SystemReport> start(std::vector<std::string> argv, Nanos timeout = seconds(10),
                                  std::stop_token stop = {}) {
    return report_of([&](Processes::Done done) {
      processes_->run({std::move(argv), timeout}, std::move(stop), std::move(done));
    });
  }
  SystemReport sh(const std::string& script, Nanos timeout = seconds(10)) {
    return start({"sh", "-c", script, "sh", folder_.string()}, timeout).get();
  }
  SystemReport launch(std::vector<std::string> argv,
                      Processes::Launcher launcher = Processes::Launcher::user) {
    return report_of([&](Processes::Done done) {
             processes_->launch({std::move(argv)}, launcher, std::move(done));
           })
        .get();
  }

  [[nodiscard]] std::string text(const std::string& name) const {
    std::ifstream in(folder_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // The process id that a script wrote; nothing if it has not done so yet.
  [[nodiscard]] std::optional<pid_t> pid(const std::string& name) const {
    const std::string number = text(name);
    if (number.empty() || number.back() != '\n') return std::nullopt;
    return std::stoi(number);
  }
  // Whether it has ended, and somebody took notice or will.
  static bool is_gone(pid_t pid) {
    if (::kill(pid, 0) != 0) return true;
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    const std::string stat(std::istreambuf_iterator<char>(in), {});
    return stat.find(") Z ") != std::string::npos;
  }

  // Whether everything that was started has ended, and was taken notice of.
  static bool no_child() {
    siginfo_t info{};
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
  }

  std::filesystem::path folder_;
  SystemClock clock_;
  testing::Lines log_;
  std::optional<Processes> processes_{std::in_place, clock_, log_};
};

TEST_F(ProcessesTest, ACommandThatGoesWellTellsItsFirstLine) {
  const SystemReport report = sh("echo one; echo two; echo odd >&2; echo three >&2");
  EXPECT_EQ(report.outcome, Outcome::ok);
  EXPECT_EQ(report.message, "one");
  EXPECT_THAT(log_.all(), ::testing::ElementsAre("info sh two", "warning sh three"));
}

TEST_F(ProcessesTest, ACommandThatFailsTellsWhy) {
  SystemReport report = sh("echo fine; echo 'no \033[31m disk' >&2; exit 3");
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.message, "sh exited with 3: no \\x1b[31m disk");
  report = sh("kill -9 $$");
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.message, "sh was ended by signal 9 (Killed)");
}

TEST_F(ProcessesTest, WhatIsMissingIsNamed) {
  EXPECT_EQ(launch({"midimon-no-such-program"}).message,
            "there is no program \"midimon-no-such-program\" on the PATH; install it, or write its "
            "whole path");
  EXPECT_THAT(launch({"/no/such/program"}).message, HasSubstr("there is no program /no/such"));
  EXPECT_EQ(start({"midimon-no-such-program"}).get().outcome, Outcome::failed);
  std::ofstream(folder_ / "text") << "echo a shell would run this\n";
  EXPECT_THAT(launch({folder_ / "text"}).message, HasSubstr("chmod +x"));
  std::filesystem::permissions(folder_ / "text", std::filesystem::perms::owner_all);
  EXPECT_THAT(launch({folder_ / "text"}).message, HasSubstr("names its interpreter"));
}

TEST_F(ProcessesTest, ArgumentsGoToTheProgramAsTheyAre) {
  EXPECT_EQ(start({"printf", "%s|", "$HOME `id`", "*", "", "a b"}).get().message,
            "$HOME `id`|*||a b|");
}

TEST_F(ProcessesTest, AProgramInheritsNothingOfOurs) {
  const int left_open = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  ::signal(SIGUSR1, SIG_IGN);
  EXPECT_EQ(sh("ls /proc/self/fd | tr '\\n' ' '").message, "0 1 2 3 ")
      << "3 is the directory that ls reads";
  EXPECT_EQ(sh("grep SigBlk /proc/self/status").message, "SigBlk:\\t0000000000000000");
  EXPECT_EQ(sh("kill -USR1 $$").message, "sh was ended by signal 10 (User defined signal 1)");
  ::signal(SIGUSR1, SIG_DFL);
  ::close(left_open);
  EXPECT_EQ(sh("pwd").message, std::getenv("HOME"));
  const std::string session = sh("cut -d' ' -f6 /proc/$$/stat; echo $$ >\"$1/pid\"").message;
  EXPECT_EQ(session + "\n", text("pid"));
}

TEST_F(ProcessesTest, MuchOutputIsReadAndLittleKept) {
  const SystemReport report = sh("head -c 10000000 /dev/zero | tr '\\0' 'x' >&2; exit 1");
  EXPECT_THAT(report.message, StartsWith("sh exited with 1: xxxx"));
  EXPECT_LE(report.message.size(), 1100U);
}

TEST_F(ProcessesTest, ATimeoutEndsAllThatTheCommandStarted) {
  const Nanos before = clock_.monotonic();
  const SystemReport report = sh("sleep 60 & echo $! >\"$1/child\"; sleep 60", seconds(1));
  EXPECT_LT(clock_.monotonic() - before, seconds(30));
  EXPECT_EQ(report.outcome, Outcome::deadline_exceeded);
  EXPECT_EQ(report.message,
            "sh still ran after 1s and was ended; a larger timeout_ms gives it more time");
  EXPECT_TRUE(eventually([&] { return is_gone(pid("child").value()); }));
}

TEST_F(ProcessesTest, WhatIgnoresSigtermIsKilled) {
  const SystemReport report =
      sh("trap '' TERM; sh -c 'echo $$ >\"$1/child\"; while :; do sleep 0.05; done' sh \"$1\"",
         seconds(1));
  EXPECT_EQ(report.outcome, Outcome::deadline_exceeded);
  EXPECT_TRUE(eventually([&] { return is_gone(pid("child").value()); }));
}

TEST_F(ProcessesTest, AMemberOfTheGroupThatIgnoresSigtermIsKilledAfterItsLeaderHasGone) {
  const SystemReport report =
      sh("sh -c 'trap \"\" TERM; echo $$ >\"$1/child\"; while :; do sleep 0.05; done' sh \"$1\" &"
         " sleep 60",
         seconds(1));
  EXPECT_EQ(report.outcome, Outcome::deadline_exceeded);
  EXPECT_TRUE(eventually([&] { return is_gone(pid("child").value()); }));
}

TEST_F(ProcessesTest, ACommandEndsWithItsProgramThoughOthersHoldItsOutput) {
  const Nanos before = clock_.monotonic();
  EXPECT_EQ(sh("sleep 60 & echo $! >\"$1/child\"; echo done").message, "done");
  EXPECT_LT(clock_.monotonic() - before, seconds(30));
  ::kill(pid("child").value(), SIGKILL);
}

TEST_F(ProcessesTest, AStopEndsACommandEarlyOrBeforeItBegins) {
  std::stop_source stop;
  auto report = start({"sleep", "60"}, seconds(60), stop.get_token());
  EXPECT_EQ(report.wait_for(milliseconds(100)), std::future_status::timeout);
  stop.request_stop();
  ASSERT_EQ(report.wait_for(seconds(5)), std::future_status::ready);
  EXPECT_EQ(report.get().outcome, Outcome::cancelled);
  EXPECT_EQ(start({"sleep", "60"}, seconds(60), stop.get_token()).get().outcome,
            Outcome::cancelled);
}

TEST_F(ProcessesTest, ItsEndIsTheEndOfTheCommandsAndNotOfWhatWasLaunched) {
  auto report = start({"sh", "-c", "echo $$ >\"$1/command\"; sleep 60", "sh", folder_});
  EXPECT_EQ(launch({"sh", "-c", "echo $$ >\"$1/launched\"; exec sleep 60", "sh", folder_}).outcome,
            Outcome::ok);
  ASSERT_TRUE(eventually([&] { return pid("command") && pid("launched"); }));
  processes_.reset();
  EXPECT_EQ(report.get().outcome, Outcome::cancelled);
  EXPECT_TRUE(is_gone(*pid("command")));
  EXPECT_FALSE(is_gone(*pid("launched")));
  ::kill(*pid("launched"), SIGKILL);
  ::waitpid(*pid("launched"), nullptr, 0);
}

TEST_F(ProcessesTest, SoManyCommandsRunAtOnceAndNoMore) {
  std::stop_source stop;
  std::vector<std::future<SystemReport>> reports;
  for (std::size_t i = 0; i < Processes::kMaxCommands; ++i)
    reports.push_back(start({"sleep", "60"}, seconds(60), stop.get_token()));
  const SystemReport refused = start({"true"}).get();
  EXPECT_EQ(refused.outcome, Outcome::failed);
  EXPECT_THAT(refused.message, HasSubstr("16 commands run already"));
  stop.request_stop();
  for (auto& report : reports)
    EXPECT_EQ(report.get().outcome, Outcome::cancelled);
  EXPECT_EQ(start({"true"}).get().outcome, Outcome::ok);
}

TEST_F(ProcessesTest, AttackLaunchesWithoutEndAreBoundedAndTakeNothingFromTheUser) {
  const std::vector<std::string> stays = {"sh", "-c", "echo $$ >>\"$1/pids\"; exec sleep 600", "sh",
                                          folder_};
  const auto pids = [&] {
    std::vector<pid_t> all;
    std::ifstream in(folder_ / "pids");
    for (pid_t pid = 0; in >> pid;)
      all.push_back(pid);
    return all;
  };
  for (std::size_t i = 0; i < Processes::kMaxLaunched; ++i)
    EXPECT_EQ(launch(stays, Processes::Launcher::plugins).outcome, Outcome::ok);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(launch(stays, Processes::Launcher::plugins).outcome, Outcome::denied);
  EXPECT_THAT(launch({"true"}, Processes::Launcher::plugins).message,
              HasSubstr("64 programs run that plugins started"));
  EXPECT_EQ(launch({"true"}).outcome, Outcome::ok);
  ASSERT_TRUE(eventually([&] { return pids().size() == Processes::kMaxLaunched; }));
  for (const pid_t pid : pids())
    ::kill(pid, SIGKILL);
  EXPECT_TRUE(eventually(no_child));
  EXPECT_EQ(launch({"true"}, Processes::Launcher::plugins).outcome, Outcome::ok);
  EXPECT_TRUE(eventually(no_child));
}

TEST_F(ProcessesTest, ManyLaunchesLeaveNoZombieAndNoOpenFile) {
  ASSERT_EQ(launch({"true"}).outcome, Outcome::ok);
  ASSERT_TRUE(eventually(no_child));
  const std::size_t before = open_files();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(launch({"true"}).outcome, Outcome::ok);
    if (i % 25 == 0) {
      EXPECT_TRUE(eventually(no_child));  // only so many run at once
    }
  }
  EXPECT_TRUE(eventually([&] { return open_files() <= before; }));
  EXPECT_EQ(sh("true").outcome, Outcome::ok);
  EXPECT_TRUE(eventually(no_child));
}

}  // namespace
}  // namespace midimon
