#include "desktop/applications.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "desktop/programs.h"
#include "desktop/test_support.h"
#include "desktop/windows.h"
#include "desktop/windows_test_support.h"

namespace midimon {
namespace {

using ::testing::Contains;
using testing::eventually;
using ::testing::HasSubstr;
using testing::TestProcess;

Environment nothing() {
  return [](const std::string&) { return std::nullopt; };
}

TEST(ProgramNames, AreThatOfTheKernelTheFileAndTheScript) {
  const testing::TestFolder folder;
  const std::string script = folder.path() / "A-Script-With-A-Long-Name";
  std::ofstream(script) << "#!/bin/sh\nread nothing_that_comes\n";
  ::chmod(script.c_str(), 0700);
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const UniqueFd read(pipe[0]);
  const UniqueFd write(pipe[1]);
  const TestProcess process({"sh", "-c", "exec " + script + " <&" + std::to_string(read.get())}, {},
                            read.get(), folder.path() / "log");
  EXPECT_TRUE(eventually([&] { return program_names(process.pid()).size() == 4; }))
      << ::testing::PrintToString(program_names(process.pid()));
  EXPECT_THAT(program_names(process.pid()), Contains("a-script-with-a"));
  EXPECT_THAT(program_names(process.pid()), Contains("a-script-with-a-long-name"));
}

TEST(ProgramNames, ThereAreNoneOfWhatHasEnded) {
  const testing::TestFolder folder;
  const TestProcess process({"true"}, {}, -1, folder.path() / "log");
  EXPECT_TRUE(eventually([&] { return program_names(process.pid()).empty(); }));  // a zombie
  EXPECT_TRUE(program_names(-1).empty());
}

TEST(Applications, KnowWhatRunsAndWhatHasEnded) {
  testing::Lines log;
  const auto applications = Applications::start(nothing(), log);
  const std::string own = program_names(::getpid()).at(0);
  EXPECT_TRUE(applications->is_running(own));
  EXPECT_FALSE(applications->is_running("midimon-nobody-is-called-that"));
  EXPECT_FALSE(applications->is_running(""));
  EXPECT_FALSE(applications->is_frontmost(own));

  const testing::TestFolder folder;
  const std::string program = folder.path() / "midimon-tests-program";
  std::filesystem::copy_file("/bin/sleep", program);
  TestProcess process({program, "1000"}, {}, -1, folder.path() / "log");
  EXPECT_TRUE(eventually([&] { return applications->is_running("Midimon-Tests-PROGRAM"); }));
  EXPECT_FALSE(applications->is_running("midimon-tests"));
  process.kill();
  EXPECT_TRUE(eventually([&] { return !applications->is_running("midimon-tests-program"); }));
}

TEST(Applications, SayOnceThatThereIsNoDesktop) {
  testing::Lines log;
  {
    const auto applications = Applications::start(nothing(), log);
    EXPECT_TRUE(eventually([&] { return !log.all().empty(); }));
  }
  EXPECT_THAT(log.all(), ::testing::ElementsAre(HasSubstr("warning desktop which window")));
}

template <typename Desktop>
class FrontmostTest : public ::testing::Test {
 protected:
  void start() {
    desktop_.start();
    ASSERT_TRUE(eventually([&] {
      const auto windows = open_windows(desktop_.environment());
      return windows && (*windows)->list();
    }));
  }
  Desktop desktop_;
  testing::Lines log_;
};
using Desktops = ::testing::Types<testing::X11TestDesktop, testing::SwayTestDesktop>;
TYPED_TEST_SUITE(FrontmostTest, Desktops);

TYPED_TEST(FrontmostTest, FollowsTheKeyboardFromWindowToWindow) {
  this->start();
  const auto applications = Applications::start(this->desktop_.environment(), this->log_);
  const auto one = this->desktop_.open_window("First");
  ASSERT_TRUE(eventually([&] { return applications->is_frontmost("First"); }));
  EXPECT_TRUE(applications->is_frontmost("FIRST"));
  EXPECT_TRUE(applications->is_frontmost(this->desktop_.terminal("")[0]));
  EXPECT_TRUE(eventually([&] { return applications->is_running(this->desktop_.terminal("")[0]); }));

  auto two = this->desktop_.open_window("Second");
  ASSERT_TRUE(eventually([&] { return applications->is_frontmost("Second"); }));
  EXPECT_FALSE(applications->is_frontmost("First"));
  two.reset();
  EXPECT_TRUE(eventually([&] { return applications->is_frontmost("First"); }));
  EXPECT_FALSE(applications->is_frontmost("Second"));
}

TYPED_TEST(FrontmostTest, SurvivesItsDesktopAndFindsTheNext) {
  this->start();
  const auto applications = Applications::start(this->desktop_.environment(), this->log_);
  {
    const auto one = this->desktop_.open_window("First");
    ASSERT_TRUE(eventually([&] { return applications->is_frontmost("First"); }));
    this->desktop_.kill();
    EXPECT_TRUE(eventually([&] { return !applications->is_frontmost("First"); }));
  }
  EXPECT_THAT(this->log_.all(), Contains(HasSubstr("is not known")));
  if (std::is_same_v<TypeParam, testing::X11TestDesktop>) return;  // the next is another display
  this->start();
  const auto two = this->desktop_.open_window("Second");
  EXPECT_TRUE(eventually([&] { return applications->is_frontmost("Second"); }));
}

}  // namespace
}  // namespace midimon
