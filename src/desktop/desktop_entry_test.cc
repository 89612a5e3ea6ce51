#include "desktop/desktop_entry.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "actions/desktop_caller.h"
#include "base/unique_fd.h"
#include "desktop/desktop.h"
#include "desktop/test_process.h"
#include "desktop/test_support.h"

namespace midimon {
namespace {

using ::testing::ElementsAre;
using testing::eventually;
using ::testing::HasSubstr;

class DesktopEntry : public ::testing::Test {
 protected:
  DesktopEntry() {
    variables_ = {{"XDG_DATA_HOME", path("home")},
                  {"XDG_DATA_DIRS", "relative:" + path("one") + "::" + path("two")}};
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_.path() / name).string();
  }
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
  }
  // An application of the user's own; `more` are lines of its file.
  void install(const std::string& id, const std::string& more) {
    write("home/applications/" + id + ".desktop",
          "[Desktop Entry]\nType=Application\nName=The App\nIcon=app-icon\n" + more);
  }
  [[nodiscard]] Environment environment() const {
    return [variables = variables_](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
  }
  Result<LaunchRequest> find(const std::string& id) { return find_application(id, environment()); }
  std::vector<std::string> argv_of(const std::string& exec) {
    install("app", "Exec=" + exec + "\n");
    const auto found = find("app");
    return found ? found->argv : std::vector{found.error().message};
  }
  void expect_error(const std::string& id, ErrorCode code, const std::string& says) {
    const auto found = find(id);
    ASSERT_FALSE(found) << id;
    EXPECT_EQ(found.error().code, code) << found.error().message;
    EXPECT_THAT(found.error().message, HasSubstr(says));
  }

  testing::TestFolder folder_;
  std::map<std::string, std::string> variables_;
};

TEST_F(DesktopEntry, GoesByItsNameWithAndWithoutTheSuffix) {
  install("org.example.App", "Exec=/opt/app --new\nPath=/opt\n");
  for (const char* id : {"org.example.App", "org.example.App.desktop"}) {
    const auto found = find(id);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_THAT(found->argv, ElementsAre("/opt/app", "--new"));
    EXPECT_EQ(found->directory, "/opt");
  }
  expect_error("org.example.Ap", ErrorCode::not_found, "no application \"org.example.Ap\"");
}

TEST_F(DesktopEntry, WordsAreAsTheSpecificationHasThem) {
  EXPECT_THAT(argv_of("app"), ElementsAre("app"));
  EXPECT_THAT(argv_of("app %u"), ElementsAre("app"));
  EXPECT_THAT(argv_of("app @@u %U @@ --url=%f"), ElementsAre("app", "@@u", "@@", "--url="));
  EXPECT_THAT(argv_of(R"(app "a b" "c\\"d" "\\$HOME;\\`id\\`")"),
              ElementsAre("app", "a b", "c\"d", "$HOME;`id`"));
  EXPECT_THAT(argv_of("app $HOME ~ *"), ElementsAre("app", "$HOME", "~", "*"));
  EXPECT_THAT(argv_of("app 100%% %c \"\""), ElementsAre("app", "100%", "The App", ""));
  EXPECT_THAT(argv_of("app %i -k %k"), ElementsAre("app", "--icon", "app-icon", "-k",
                                                   path("home/applications/app.desktop")));
  EXPECT_THAT(argv_of("sh -c 'echo \"$0\" a'"), ElementsAre("sh", "-c", "echo \"$0\" a"));
  EXPECT_THAT(argv_of("app %d%D%n%N%v%m"), ElementsAre("app"));
}

TEST_F(DesktopEntry, WhatNoProgramCanBeMadeOfIsRefused) {
  for (const char* exec :
       {"", " ", "\"app", "app %z", "app 5%", "\"\"", "./app", "bin/app", "%u"}) {
    install("app", std::string("Exec=") + exec + "\n");
    expect_error("app", ErrorCode::invalid, "app.desktop has a");
  }
  install("app", "");
  expect_error("app", ErrorCode::invalid, "names no program");
  install("app", "DBusActivatable=true\n");
  expect_error("app", ErrorCode::unsupported, "only D-Bus can start it");
  install("app", "Exec=top\nTerminal=true\n");
  expect_error("app", ErrorCode::unsupported, "runs in a terminal");
  install("app", "Exec=app\nHidden=true\n");
  expect_error("app", ErrorCode::not_found, "was removed");
  write("home/applications/link.desktop",
        "[Desktop Entry]\nType=Link\nName=x\nURL=file:///etc/passwd\nExec=app\n");
  expect_error("link", ErrorCode::invalid, "is of no application");
  write("home/applications/other.desktop", "[Other]\nType=Application\nExec=app\n");
  expect_error("other", ErrorCode::invalid, "is of no application");
  write("home/applications/none.desktop", "[Desktop Entry\nExec=app\n");
  expect_error("none", ErrorCode::invalid, "is no desktop file");
  write("home/applications/large.desktop", std::string(1024UL * 1024 + 1, '\n'));
  expect_error("large", ErrorCode::invalid, "larger than 1 MiB");
}

TEST_F(DesktopEntry, WhatIsNoFileMakesNobodyWait) {
  std::filesystem::create_directories(path("home/applications/directory.desktop"));
  ASSERT_EQ(::mkfifo(path("home/applications/pipe.desktop").c_str(), 0600), 0);
  expect_error("directory", ErrorCode::io, "it is no file");
  expect_error("pipe", ErrorCode::io, "it is no file");
  std::filesystem::create_symlink("loop.desktop", path("home/applications/loop.desktop"));
  expect_error("loop", ErrorCode::io, "cannot be read");
}

TEST_F(DesktopEntry, TheFirstDirectoryThatHasItCounts) {
  const auto program = [](const std::string& name) {
    return "[Desktop Entry]\nType=Application\nName=x\nExec=" + name + "\n";
  };
  write("two/applications/app.desktop", program("two"));
  EXPECT_THAT(find("app")->argv, ElementsAre("two"));
  write("one/applications/app.desktop", program("one"));
  EXPECT_THAT(find("app")->argv, ElementsAre("one"));
  write("home/applications/app.desktop", "[Desktop Entry]\nHidden=true\n");
  expect_error("app", ErrorCode::not_found, "was removed");
  variables_ = {{"HOME", path("user")}};
  write("user/.local/share/applications/app.desktop", program("own"));
  EXPECT_THAT(find("app")->argv, ElementsAre("own"));
}

TEST_F(DesktopEntry, ADashMayStandForADirectory) {
  write("one/applications/kde/sub-app.desktop",
        "[Desktop Entry]\nType=Application\nName=x\nExec=app\n");
  EXPECT_THAT(find("kde-sub-app")->argv, ElementsAre("app"));
  write("one/hidden.desktop", "[Desktop Entry]\nType=Application\nName=x\nExec=app\n");
  EXPECT_FALSE(is_application_id("kde-..-..-hidden"));
  EXPECT_FALSE(find("kde-.-.-hidden"));
}

// The process of the test is the one that starts it.
class ApplicationLaunch : public DesktopEntry {
 protected:
  Result<DesktopAnswer> launch(const std::string& id, std::stop_token stop = {}) {
    std::promise<Result<DesktopAnswer>> promise;
    desktop_->ask(AppLaunchRequest{id}, std::move(stop),
                  [&](Result<DesktopAnswer> answer) { promise.set_value(std::move(answer)); });
    return promise.get_future().get();
  }
  void SetUp() override { desktop_.emplace(clock_, environment(), log_, nullptr); }
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ifstream in(path(name));
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  // A program that says what it found, and ends.
  void install_program() {
    write("program", "#!/bin/sh\n(echo $$; pwd; echo $MIDIMON_TEST_VARIABLE; ls /proc/$$/fd) > '" +
                         path("said") + ".new'\nmv '" + path("said") + ".new' '" + path("said") +
                         "'\n");
    ::chmod(path("program").c_str(), 0700);
    install("app", "Exec=\"" + path("program") + "\" %U\nPath=" + path("home") + "\n");
  }

  SystemClock clock_;
  testing::Lines log_;
  std::optional<Desktop> desktop_;
};

TEST_F(ApplicationLaunch, StartsItAsItsUserWouldAndTakesNoticeOfItsEnd) {
  install_program();
  ::setenv("MIDIMON_TEST_VARIABLE", "of the user", 1);
  const UniqueFd kept(::fcntl(0, F_DUPFD, 100));  // without FD_CLOEXEC
  const auto started = launch("app");
  ::unsetenv("MIDIMON_TEST_VARIABLE");
  ASSERT_TRUE(started) << started.error().message;
  ASSERT_TRUE(eventually([&] { return !text("said").empty(); }));
  std::istringstream said(text("said"));
  std::string pid;
  std::string directory;
  std::string variable;
  std::getline(said, pid);
  std::getline(said, directory);
  std::getline(said, variable);
  EXPECT_EQ(directory, std::filesystem::canonical(path("home")));
  EXPECT_EQ(variable, "of the user");
  for (std::string fd; std::getline(said, fd);)
    EXPECT_TRUE(fd == "0" || fd == "1" || fd == "2" || fd == "10") << fd;  // 10 is the script
  const auto id = static_cast<pid_t>(std::stol(pid));
  EXPECT_TRUE(eventually([&] { return ::kill(id, 0) != 0; })) << "it is still a zombie";
}

TEST_F(ApplicationLaunch, SaysWhatIsWrong) {
  install("gone", "Exec=midimon-no-such-program\n");
  const auto gone = launch("gone");
  ASSERT_FALSE(gone);
  EXPECT_THAT(gone.error().message, HasSubstr("no program \"midimon-no-such-program\""));
  EXPECT_EQ(launch("none").error().code, ErrorCode::not_found);
  for (const char* id : {"", "../gone", "/gone", "-gone", "a-..-b", "a\nb"})
    EXPECT_EQ(launch(id).error().code, ErrorCode::invalid) << id;
}

TEST_F(ApplicationLaunch, WhatIsCancelledIsNotStarted) {
  install_program();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(launch("app", stop.get_token()).error().code, ErrorCode::busy);
  desktop_.reset();
  EXPECT_EQ(text("said"), "");
}

}  // namespace
}  // namespace midimon
