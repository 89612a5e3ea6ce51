// The plugin system-utils, with the programs that it is for: mpv, PulseAudio, dunst, an X server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "desktop/test_process.h"
#include "desktop/test_support.h"
#include "desktop/x11_test_support.h"
#include "tests/plugin_refusals.h"
#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

// What `command` prints.
std::string output_of(const std::string& command) {
  std::FILE* out = ::popen((command + " 2>/dev/null").c_str(), "r");
  std::string text;
  char buffer[1024];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, out))
    text.append(buffer, got);
  ::pclose(out);
  return text;
}

class SystemUtils : public ::testing::Test {
 protected:
  using Strings = std::vector<std::string>;

  // A bus of the test's own, without the services that the machine would start.
  void SetUp() override {
    const std::string address = "unix:path=" + path("bus");
    write_text(path("bus.conf"),
               "<busconfig><type>session</type><listen>" + address +
                   "</listen><policy context=\"default\"><allow send_destination=\"*\" "
                   "eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy>"
                   "</busconfig>");
    start({"dbus-daemon", "--nofork", "--nopidfile", "--config-file=" + path("bus.conf")});
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(path("bus")); }));
    ::setenv("DBUS_SESSION_BUS_ADDRESS", address.c_str(), 1);
    ::unsetenv("DISPLAY");
    ::unsetenv("WAYLAND_DISPLAY");
  }
  void TearDown() override {
    for (const char* name : {"DBUS_SESSION_BUS_ADDRESS", "PULSE_SERVER", "DISPLAY"})
      ::unsetenv(name);
  }

  void start(const Strings& argv, const Strings& environment = {}) {
    processes_.push_back(
        std::make_unique<TestProcess>(argv, environment, -1, path(argv[0] + ".log")));
  }
  json call(const std::string& action, const json& params, const Strings& grants,
            const json& settings = json::object()) {
    Strings args = {"plugin",     "run",           guest("system-utils"), "--unsigned",
                    action,       "--params",      params.dump(),         "--json",
                    "--settings", settings.dump(), "--timeout",           "60s"};
    for (const std::string& grant : grants)
      args.insert(args.end(), {"--grant", grant});
    const Finished done = run_midimon(scratch_, args);
    return json::parse(done.out, nullptr, false);
  }
  static void expect_ok(const json& result) {
    EXPECT_EQ(result.value("outcome", ""), "Ok") << result;
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return scratch_.path(name).string();
  }

  Scratch scratch_;
  std::vector<std::unique_ptr<TestProcess>> processes_;
};

TEST_F(SystemUtils, TellsARealPlayerWhatToDo) {
  start({"mpv", "--no-config", "--idle", "--vo=null", "--ao=null", "--loop-file=inf",
         "--script=/usr/lib/mpv-mpris/mpris.so", "av://lavfi:sine=frequency=440"},
        {"HOME=" + path(""), "XDG_RUNTIME_DIR=" + path("")});
  const auto is = [](const char* state) {
    return output_of("playerctl --player=mpv status") == std::string(state) + "\n";
  };
  ASSERT_TRUE(eventually([&] { return is("Playing"); })) << read_text(path("mpv.log"));
  const Strings grant = {"subprocess:/usr/bin/playerctl --player=* play-pause",
                         "subprocess:/usr/bin/playerctl --player=* pause"};
  expect_ok(call("media", json::object(), grant));
  EXPECT_TRUE(eventually([&] { return is("Paused"); }));
  expect_ok(call("media", {{"player", "mpv"}}, grant));
  EXPECT_TRUE(eventually([&] { return is("Playing"); }));
  expect_ok(call("media", {{"command", "pause"}}, grant));
  EXPECT_TRUE(eventually([&] { return is("Paused"); }));
  const json other = call("media", {{"command", "play"}}, grant);
  EXPECT_EQ(other["outcome"], "PluginError") << "that was not granted";
  EXPECT_TRUE(is("Paused"));
}

TEST_F(SystemUtils, SaysThatNobodyPlays) {
  const json result = call("media", json::object(), {"subprocess"});
  EXPECT_THAT(result["message"].get<std::string>(), HasSubstr("No players found"));
}

TEST_F(SystemUtils, APlayersNameIsNoOtherArgument) {
  std::vector<json> all;
  for (const char* player : {"", "a b", "a;b", "a\n", "ä", "../x", "a=b"})
    all.push_back({{"player", player}});
  expect_refused(scratch_, "system-utils", "media", all);
  // It stands behind "--player=".
  EXPECT_NE(call("media", {{"player", "--all-players"}}, {"subprocess"})["outcome"], "Ok");
}

TEST_F(SystemUtils, TurnsTheVolumeOfARealServer) {
  const std::string socket = path("sound");
  start({"pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1",
         "--disable-shm", "-L", "module-null-sink sink_name=nowhere channels=2", "-L",
         "module-native-protocol-unix auth-anonymous=1 socket=" + socket},
        {"HOME=" + path(""), "XDG_RUNTIME_DIR=" + path("")});
  ::setenv("PULSE_SERVER", ("unix:" + socket).c_str(), 1);
  ASSERT_TRUE(eventually([] { return !output_of("pactl info").empty(); }));
  const Strings grant = {"audio:volume"};
  const auto volume = [] { return output_of("LC_ALL=C pactl get-sink-volume nowhere"); };
  expect_ok(call("volume", {{"percent", 40}}, grant));
  EXPECT_THAT(volume(), HasSubstr(" 40% "));
  const json louder = call("volume_by", {{"percent", 15}, {"output", "nowhere"}}, grant);
  EXPECT_EQ(louder["output"]["percent"], 55);
  EXPECT_EQ(louder["state"]["text"], "55 %");
  EXPECT_THAT(volume(), HasSubstr(" 55% "));
  expect_ok(call("volume_by", {{"percent", -100}}, grant));
  EXPECT_THAT(volume(), HasSubstr(" 0% "));
  const json muted = call("mute", json::object(), grant);
  EXPECT_EQ(muted["output"]["muted"], true);
  EXPECT_EQ(output_of("LC_ALL=C pactl get-sink-mute nowhere"), "Mute: yes\n");
  EXPECT_EQ(call("mute", {{"state", "off"}}, grant)["output"]["muted"], false);
  EXPECT_EQ(call("volume", {{"percent", 10}}, {})["outcome"], "PluginError");
  EXPECT_THAT(volume(), HasSubstr(" 0% "));
}

TEST_F(SystemUtils, ShowsANotification) {
  const XServer display;
  write_text(path("dunstrc"), "[global]\nmarkup = full\n");
  start({"stdbuf", "-oL", "dunst", "-print", "-conf", path("dunstrc")},
        {"DISPLAY=" + display.display()});
  const Strings grant = {"systemcontrol:notify"};
  // dunst may not have its name on the bus yet.
  ASSERT_TRUE(eventually([&] {
    return call("notify", {{"title", "Recording"}, {"body", "a <b>"}}, grant)["outcome"] == "Ok";
  }));
  EXPECT_TRUE(eventually(
      [&] { return read_text(path("stdbuf.log")).find("Recording") != std::string::npos; }));
}

TEST_F(SystemUtils, TakesAScreenshotToTheDirectoryThatWasGranted) {
  const XServer display;
  ::setenv("DISPLAY", display.display().c_str(), 1);
  std::filesystem::create_directory(path("shots"));
  const json settings = {{"screenshots", path("shots")}};
  const json taken = call("screenshot", json::object(),
                          {"subprocess:/usr/bin/maim " + path("shots") + "/*"}, settings);
  expect_ok(taken);
  const std::string png = read_text(taken["output"]["file"].get<std::string>());
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  const json elsewhere =
      call("screenshot", json::object(), {"subprocess:/usr/bin/maim /srv/*"}, settings);
  EXPECT_EQ(elsewhere["outcome"], "PluginError");
  EXPECT_THAT(call("screenshot", json::object(), {"subprocess"})["message"].get<std::string>(),
              HasSubstr("screenshots ="));
}

TEST_F(SystemUtils, CopiesAndGivesTheClipboard) {
  const XServer display;
  ::setenv("DISPLAY", display.display().c_str(), 1);
  std::FILE* xclip = ::popen("xclip -selection clipboard -in", "w");
  std::fputs("from elsewhere", xclip);
  ::pclose(xclip);
  const json got = call("clipboard", json::object(), {"systemcontrol:clipboard-read"});
  EXPECT_EQ(got["output"]["text"], "from elsewhere") << got;
  expect_ok(call("copy", {{"text", "grüße"}}, {"systemcontrol:clipboard-write"}));
  EXPECT_EQ(call("copy", {{"text", "a"}}, {"systemcontrol:clipboard-read"})["outcome"],
            "PluginError");
}

// As a press of its icon would: with its user's rights and environment, in none of the sandbox, and
// it goes on when the call and midimon have ended.
TEST_F(SystemUtils, LaunchesAnApplicationThatGoesOn) {
  ASSERT_EQ(::mkfifo(path("go").c_str(), 0600), 0);
  write_text(path("program"), "#!/bin/sh\necho \"$@\" > '" + path("started") + "'\nread line < '" +
                                  path("go") + "'\necho \"$line $GREETING\" > '" + path("ended") +
                                  "'\n");
  std::filesystem::permissions(path("program"), std::filesystem::perms::owner_all);
  std::filesystem::create_directories(path("data/applications"));
  write_text(path("data/applications/org.example.App.desktop"),
             "[Desktop Entry]\nType=Application\nName=App\nExec=\"" + path("program") +
                 "\" --new \"a b\" %U\n");
  ::setenv("XDG_DATA_HOME", path("data").c_str(), 1);
  ::setenv("GREETING", "to all", 1);
  const Strings grant = {"systemcontrol:launch"};
  expect_ok(call("launch", {{"id", "org.example.App"}}, grant));
  EXPECT_TRUE(eventually([&] { return read_text(path("started")) == "--new a b\n"; }));
  write_text(path("go"), "good morning\n");
  EXPECT_TRUE(eventually([&] { return read_text(path("ended")) == "good morning to all\n"; }));

  std::filesystem::remove(path("started"));
  const json denied = call("launch", {{"id", "org.example.App"}}, {"systemcontrol:apps"});
  EXPECT_EQ(denied["outcome"], "PluginError");
  EXPECT_THAT(denied["message"].get<std::string>(), HasSubstr("systemcontrol:launch"));
  const json none = call("launch", {{"id", "org.example.None"}}, grant);
  EXPECT_THAT(none["message"].get<std::string>(), HasSubstr("no application \"org.example.None\""));
  std::vector<json> all;
  for (const char* id : {"", "/usr/bin/id", "../x", "-x", ".x", "a/b"})
    all.push_back({{"id", id}});
  expect_refused(scratch_, "system-utils", "launch", all);
  EXPECT_FALSE(std::filesystem::exists(path("started")));
  ::unsetenv("XDG_DATA_HOME");
  ::unsetenv("GREETING");
}

// A machine for tests has no screen that could be dimmed, and is not put to sleep: what is tried is
// that the right program is asked, and that its answer is told.
TEST_F(SystemUtils, TellsWhatAProgramSays) {
  const json brightness = call("brightness", {{"by", -10}}, {"subprocess"});
  EXPECT_THAT(brightness["message"].get<std::string>(), HasSubstr("/usr/bin/brightnessctl says:"));
  const json locked = call("lock", json::object(), {"subprocess"}, {{"lock_by", "screensaver"}});
  EXPECT_THAT(locked["message"].get<std::string>(), HasSubstr("/usr/bin/busctl says:"));
  EXPECT_THAT(locked["message"].get<std::string>(), HasSubstr("org.freedesktop.ScreenSaver"));
  const json asleep = call("sleep", json::object(), {"subprocess:/usr/bin/loginctl lock-session"});
  EXPECT_EQ(asleep["outcome"], "PluginError");
  EXPECT_THAT(asleep["message"].get<std::string>(), Not(HasSubstr("says:")))
      << "it was not granted, so nothing ran";
}

TEST_F(SystemUtils, AsksForNoMoreThanItsCommands) {
  const json info =
      json::parse(run_midimon(scratch_, {"plugin", "info", guest("system-utils"), "--json"}).out);
  for (const json& one : info["capabilities"]) {
    EXPECT_FALSE(one["allow"].empty()) << one;
    EXPECT_NE(one["reason"], "") << one;
  }
}

}  // namespace
}  // namespace midimon::testing
