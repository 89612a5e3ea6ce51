#include "desktop/desktop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "desktop/test_support.h"
#include "desktop/windows_test_support.h"
#include "desktop/x11_test_support.h"

namespace midimon {
namespace {

using ::testing::ElementsAre;
using testing::eventually;
using ::testing::HasSubstr;
using testing::report_of;

class FakeMidi final : public MidiOutput {
 public:
  Result<void> send(const std::string& port, std::span<const std::uint8_t> bytes) override {
    if (port == "slow") go_on.wait();
    if (port == "gone") return fail(ErrorCode::not_found, "there is no output \"gone\"");
    sent.push_back(port + ":" + std::to_string(bytes.size()));
    return {};
  }
  Result<std::vector<std::string>> names_of(const std::string& port) override {
    return std::vector<std::string>{port + " 1", port + " 2"};
  }
  Result<void> send_to(std::span<const std::string> names,
                       std::span<const std::vector<std::uint8_t>> messages) override {
    for (const std::string& name : names)
      sent.push_back(name + "*" + std::to_string(messages.size()));
    return {};
  }
  Result<void> silence() override {
    sent.emplace_back("silence");
    return {};
  }
  std::vector<std::string> sent;
  std::promise<void> let_go_on;  // what is sent to "slow"
  std::shared_future<void> go_on = let_go_on.get_future().share();
};

class DesktopTest : public ::testing::Test {
 protected:
  void start(std::map<std::string, std::string> variables, MidiOutput* midi = nullptr) {
    desktop_.emplace(
        clock_,
        [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
          const auto found = variables.find(name);
          if (found == variables.end()) return std::nullopt;
          return found->second;
        },
        log_, midi);
  }
  std::future<SystemReport> ask(SystemRequest request, std::stop_token stop = {}) {
    return report_of([&](std::function<void(SystemReport)> done) {
      desktop_->call(std::move(request), std::move(stop), std::move(done));
    });
  }
  static KeyRequest keys(const std::string& chord, KeyMotion motion = KeyMotion::tap) {
    return {{*parse_chord(chord)}, motion};
  }

  SystemClock clock_;
  testing::Lines log_;
  std::optional<Desktop> desktop_;
};

TEST_F(DesktopTest, KeysTextsAndClicksComeInTheOrderInWhichTheyWereAskedFor) {
  const testing::XServer server;
  start({{"DISPLAY", server.display()}});
  EXPECT_EQ(ask(MoveRequest{5, 5, false}).get().outcome, Outcome::ok);
  const testing::XWindow window(server.display());
  std::vector<std::future<SystemReport>> reports;
  reports.push_back(ask(keys("shift", KeyMotion::down)));
  reports.push_back(ask(KeyRequest{{*parse_chord("a"), *parse_chord("b")}, KeyMotion::tap}));
  reports.push_back(ask(keys("shift", KeyMotion::up)));
  reports.push_back(ask(TextRequest{"x世"}));
  reports.push_back(ask(MouseClick{MouseButton::right, 1, std::pair(30, 40)}));
  reports.push_back(ask(keys("c")));
  for (auto& report : reports)
    EXPECT_EQ(report.get().outcome, Outcome::ok);
  EXPECT_TRUE(eventually([&] { return window.events().size() >= 14; }));
  EXPECT_THAT(window.events(),
              ElementsAre("+Shift_L", "+shift+A", "-A", "+shift+B", "-B", "-Shift_L", "+x", "-x",
                          "+U4E16", "-U4E16", "at 30,40", "click 3", "+c", "-c"));
}

TEST_F(DesktopTest, WhatIsCancelledIsNotDoneButKeysGoUp) {
  const testing::XServer server;
  start({{"DISPLAY", server.display()}});
  EXPECT_EQ(ask(keys("F1")).get().outcome, Outcome::ok);
  const testing::XWindow window(server.display());
  EXPECT_EQ(ask(keys("a", KeyMotion::down)).get().outcome, Outcome::ok);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(ask(TextRequest{"text"}, stop.get_token()).get().outcome, Outcome::cancelled);
  EXPECT_EQ(ask(keys("b", KeyMotion::down), stop.get_token()).get().outcome, Outcome::cancelled);
  EXPECT_EQ(ask(keys("b", KeyMotion::up), stop.get_token()).get().outcome, Outcome::ok);
  EXPECT_EQ(ask(keys("a", KeyMotion::up), stop.get_token()).get().outcome, Outcome::ok);
  EXPECT_TRUE(eventually([&] { return window.events().size() >= 2; }));
  EXPECT_THAT(window.events(), ElementsAre("+a", "-a"));
}

TEST_F(DesktopTest, ItsEndReportsAllThatWaitsAndLetsGoOfKeys) {
  const testing::XServer server;
  start({{"DISPLAY", server.display()}});
  EXPECT_EQ(ask(keys("F1")).get().outcome, Outcome::ok);
  const testing::XWindow window(server.display());
  EXPECT_EQ(ask(keys("a", KeyMotion::down)).get().outcome, Outcome::ok);
  auto text = ask(TextRequest{std::string(5'000'000, 'b')});
  auto waits = ask(keys("c"));
  auto command = ask(CommandRequest{{"sleep", "60"}, std::chrono::seconds(60)});
  desktop_.reset();
  EXPECT_EQ(command.get().outcome, Outcome::cancelled);
  EXPECT_EQ(text.get().outcome, Outcome::cancelled) << "it ends in the middle";
  EXPECT_EQ(waits.get().outcome, Outcome::cancelled);
  EXPECT_TRUE(
      eventually([&] { return !window.events().empty() && window.events().back() == "-a"; }));
}

TEST_F(DesktopTest, AQueueThatIsFullRefusesAndNeverWaits) {
  const testing::XServer server;
  start({{"DISPLAY", server.display()}});
  std::stop_source stop;
  auto long_text = ask(TextRequest{std::string(5'000'000, 'a')}, stop.get_token());
  std::vector<std::future<SystemReport>> reports;
  for (std::size_t i = 0; i < Input::kMaxQueued + 10; ++i)
    reports.push_back(ask(MoveRequest{1, 1, true}, stop.get_token()));
  const SystemReport refused = reports.back().get();
  EXPECT_EQ(refused.outcome, Outcome::failed);
  EXPECT_THAT(refused.message, HasSubstr("256 keys, texts and clicks already wait"));
  stop.request_stop();
  EXPECT_EQ(long_text.get().outcome, Outcome::cancelled) << "it ends in the middle";
}

TEST_F(DesktopTest, AKeyThatIsDownGoesUpThoughTheQueueIsFull) {
  const testing::XServer server;
  start({{"DISPLAY", server.display()}});
  EXPECT_EQ(ask(keys("F1")).get().outcome, Outcome::ok);
  const testing::XWindow window(server.display());
  EXPECT_EQ(ask(keys("a", KeyMotion::down)).get().outcome, Outcome::ok);
  EXPECT_EQ(ask(keys("a", KeyMotion::down)).get().outcome, Outcome::ok);
  std::stop_source stop;
  auto long_text = ask(TextRequest{std::string(5'000'000, 'b')}, stop.get_token());
  std::vector<std::future<SystemReport>> reports;
  for (std::size_t i = 0; i < Input::kMaxQueued + 10; ++i)
    reports.push_back(ask(MoveRequest{1, 1, true}, stop.get_token()));
  ASSERT_EQ(ask(keys("c", KeyMotion::down)).get().outcome, Outcome::failed) << "it is full";
  // There is no more to do about these, and no place is taken for them.
  for (int i = 0; i < 1000; ++i)
    ASSERT_EQ(ask(keys("c", KeyMotion::up)).get().outcome, Outcome::ok);
  auto first = ask(keys("a", KeyMotion::up));
  auto second = ask(keys("a", KeyMotion::up));
  EXPECT_EQ(ask(keys("a", KeyMotion::up)).get().outcome, Outcome::ok) << "it went down twice";
  stop.request_stop();
  EXPECT_EQ(first.get().outcome, Outcome::ok);
  EXPECT_EQ(second.get().outcome, Outcome::ok);
  EXPECT_TRUE(
      eventually([&] { return !window.events().empty() && window.events().back() == "-a"; }));
}

TEST_F(DesktopTest, NotesThatSoundGoOffThoughTheQueueIsFull) {
  FakeMidi midi;
  start({}, &midi);
  auto slow = ask(MidiRequest{"slow", {0xF8}});
  std::vector<std::future<SystemReport>> notes;
  for (const std::uint8_t note : {60, 61, 62})
    notes.push_back(ask(MidiRequest{"Synth", {0x91, note, 1}}));
  std::vector<std::future<SystemReport>> clock;
  clock.reserve(1025);
  for (int i = 0; i < 1025; ++i)
    clock.push_back(ask(MidiRequest{"Synth", {0xF8}}));
  const SystemReport refused = clock.back().get();
  EXPECT_EQ(refused.outcome, Outcome::failed);
  EXPECT_THAT(refused.message, HasSubstr("1024 MIDI messages already wait"));
  notes.push_back(ask(MidiRequest{"Synth", {0x81, 60, 0}}));
  notes.push_back(ask(MidiRequest{"Synth", {0x91, 61, 0}}));
  EXPECT_EQ(ask(MidiRequest{"Synth", {0x81, 60, 0}}).get().outcome, Outcome::failed) << "it is off";
  EXPECT_EQ(ask(MidiRequest{"Other", {0x81, 62, 0}}).get().outcome, Outcome::failed);
  EXPECT_EQ(ask(MidiRequest{"Synth", {0x80, 62, 0}}).get().outcome, Outcome::failed);
  notes.push_back(ask(SilenceRequest{}));
  EXPECT_EQ(ask(SilenceRequest{}).get().outcome, Outcome::failed) << "nothing sounds after it";
  midi.let_go_on.set_value();
  for (auto& note : notes)
    EXPECT_EQ(note.get().outcome, Outcome::ok);
  EXPECT_EQ(slow.get().outcome, Outcome::ok);
  desktop_.reset();
  ASSERT_GE(midi.sent.size(), 3U);
  EXPECT_EQ(std::vector<std::string>(midi.sent.end() - 3, midi.sent.end()),
            (std::vector<std::string>{"Synth:3", "Synth:3", "silence"}));
}

TEST_F(DesktopTest, WithoutADisplayASoundServerOrAnOutputEachSaysSo) {
  ::setenv("PULSE_SERVER", "unix:/no/such/socket", 1);
  start({{"MIDIMON_INPUT", "x11"}, {"DISPLAY", ":4711"}});
  EXPECT_THAT(ask(keys("a")).get().message, HasSubstr("\":4711\" cannot be opened"));
  EXPECT_THAT(ask(VolumeRequest{VolumeOperation::mute, 0}).get().message,
              HasSubstr("there is no sound server"));
  EXPECT_EQ(ask(MidiRequest{"", {0x90, 1, 1}}).get().message, "no MIDI output is open");
  EXPECT_EQ(ask(SilenceRequest{}).get().outcome, Outcome::failed);
  EXPECT_EQ(ask(CommandRequest{{"true"}, std::chrono::seconds(10)}).get().outcome, Outcome::ok);
  ::unsetenv("PULSE_SERVER");
}

TEST_F(DesktopTest, MidiGoesToItsOutput) {
  FakeMidi midi;
  start({}, &midi);
  EXPECT_EQ(ask(MidiRequest{"Synth", {0x90, 1, 1}}).get().outcome, Outcome::ok);
  EXPECT_EQ(ask(SilenceRequest{}).get().outcome, Outcome::ok);
  EXPECT_EQ(ask(MidiRequest{"gone", {0x90, 1, 1}}).get().message, "there is no output \"gone\"");
  EXPECT_THAT(midi.sent, ElementsAre("Synth:3", "silence"));
}

// What comes of a request of a plugin.
Result<DesktopAnswer> answer_of(Desktop& desktop, DesktopRequest request,
                                std::stop_token stop = {}) {
  auto promise = std::make_shared<std::promise<Result<DesktopAnswer>>>();
  auto future = promise->get_future();
  desktop.ask(std::move(request), std::move(stop),
              [promise](Result<DesktopAnswer> answer) { promise->set_value(std::move(answer)); });
  return future.get();
}

TEST_F(DesktopTest, AnswersWhatPluginsAskOfARealDesktop) {
  testing::X11TestDesktop x11;
  x11.start();
  start(x11.variables());
  ASSERT_TRUE(eventually([&] { return answer_of(*desktop_, AppListQuery{}).has_value(); }));
  const auto one = x11.open_window("First");
  const auto focused = [&](const std::string& name) {
    const auto answer = answer_of(*desktop_, AppListQuery{});
    return answer && std::any_of(answer->windows.begin(), answer->windows.end(),
                                 [&](const AppWindow& window) {
                                   return window.name == name && window.focused;
                                 });
  };
  ASSERT_TRUE(eventually([&] { return focused("First"); }));
  const auto two = x11.open_window("Second");
  ASSERT_TRUE(eventually([&] { return focused("Second"); }));
  EXPECT_TRUE(answer_of(*desktop_, AppFocusRequest{"first"}));
  EXPECT_TRUE(eventually([&] { return focused("First"); }));
  EXPECT_EQ(answer_of(*desktop_, AppFocusRequest{"nobody"}).error().code, ErrorCode::not_found);

  EXPECT_TRUE(answer_of(*desktop_, ClipboardText{"copied"}));
  EXPECT_EQ(answer_of(*desktop_, ClipboardQuery{})->text, "copied");
}

TEST_F(DesktopTest, AUrlIsHandedToTheUsersProgramAndNothingElseIs) {
  const testing::TestFolder folder;
  const auto script = folder.path() / "xdg-open";
  const auto opened = folder.path() / "opened";
  std::ofstream(script) << "#!/bin/sh\nprintf '%s|%s' \"$#\" \"$1\" > " << opened.string()
                        << ".new\nmv " << opened.string() << ".new " << opened.string() << "\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", (folder.path().string() + ":" + path).c_str(), 1);
  start({});
  EXPECT_FALSE(answer_of(*desktop_, OpenUrlRequest{"file:///etc/passwd"}));
  EXPECT_TRUE(answer_of(*desktop_, OpenUrlRequest{"https://a.example/?a=1&b=$(id)"}));
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(opened); }));
  std::ifstream in(opened);
  std::string text;
  std::getline(in, text);
  EXPECT_EQ(text, "1|https://a.example/?a=1&b=$(id)");
  ::setenv("PATH", path.c_str(), 1);
}

TEST_F(DesktopTest, WithoutADesktopEachSaysWhatIsMissing) {
  start({});
  ::setenv("PULSE_SERVER", "unix:/nonexistent", 1);
  const std::vector<DesktopRequest> all = {
      VolumeQuery{},        VolumeSetting{},    Notification{"obs", "x", "", {}},
      ClipboardQuery{},     ClipboardText{},    AppListQuery{},
      AppFocusRequest{"x"}, MidiOutputsQuery{}, MidiSending{}};
  for (const DesktopRequest& request : all) {
    const auto answer = answer_of(*desktop_, request);
    ASSERT_FALSE(answer) << request.index();
    EXPECT_EQ(answer.error().code, ErrorCode::unsupported) << answer.error().message;
  }
  ::unsetenv("PULSE_SERVER");
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(answer_of(*desktop_, AppListQuery{}, stopped.get_token()).error().code,
            ErrorCode::busy);
}

TEST_F(DesktopTest, MidiOfPluginsGoesToTheOutputsThatAreNamed) {
  FakeMidi midi;
  start({}, &midi);
  EXPECT_THAT(answer_of(*desktop_, MidiOutputsQuery{"synth"})->names,
              ElementsAre("synth 1", "synth 2"));
  EXPECT_TRUE(answer_of(*desktop_, MidiSending{{"synth 2"}, {{0xF8}, {0xFA}}}));
  EXPECT_THAT(midi.sent, ElementsAre("synth 2*2"));
}

}  // namespace
}  // namespace midimon
