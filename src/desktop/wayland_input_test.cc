#include "desktop/wayland_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "desktop/input.h"
#include "desktop/sway_test_support.h"
#include "desktop/test_process.h"
#include "desktop/test_support.h"

namespace midimon {
namespace {

using ::testing::ElementsAre;
using testing::eventually;
using ::testing::HasSubstr;
using testing::report_of;

// `wev` in a sway tells what it gets.
class WaylandInputTest : public ::testing::Test {
 protected:
  void SetUp() override { start(); }

  void start() {
    sway_.start();
    ASSERT_TRUE(eventually([&] { return open_wayland_input(kDisplay).has_value(); }))
        << text_of("sway.log");
  }
  // wev, once it has the keyboard of `device`.
  void start_window(const InputDevice* device) {
    ASSERT_NE(device, nullptr);
    std::filesystem::remove(sway_.folder() / "wev.log");
    window_ = std::make_unique<testing::TestProcess>(
        std::vector<std::string>{"stdbuf", "-oL", "wev"},
        std::vector<std::string>{"WAYLAND_DISPLAY=" + std::string(kDisplay)}, -1,
        sway_.folder() / "wev.log");
    ASSERT_TRUE(eventually([&] {
      return text_of("wev.log").find("wl_keyboard] enter") != std::string::npos;
    })) << text_of("wev.log");
  }
  static std::unique_ptr<InputDevice> open() {
    auto device = open_wayland_input(kDisplay);
    if (device) return std::move(*device);
    ADD_FAILURE() << device.error().message;
    return nullptr;
  }
  [[nodiscard]] std::string text_of(const std::string& name) const { return sway_.text_of(name); }
  // What stands between `before` and `after`, each time, in what wev says.
  [[nodiscard]] std::vector<std::string> told(const std::string& before,
                                              const std::string& after) const {
    std::vector<std::string> out;
    const std::string log = text_of("wev.log");
    for (std::size_t at = log.find(before); at != std::string::npos; at = log.find(before, at)) {
      at += before.size();
      out.push_back(log.substr(at, log.find(after, at) - at));
    }
    return out;
  }

  [[nodiscard]] std::string typed() const {
    std::string out;
    for (const std::string& line : told("state: 1 (pressed)\n", "\n")) {
      const std::size_t begin = line.find("utf8: '");  // not there: not all is written yet
      if (begin != std::string::npos) out += line.substr(begin + 7, line.rfind('\'') - begin - 7);
    }
    return out;
  }
  [[nodiscard]] std::vector<std::string> pressed_buttons() const {
    std::vector<std::string> out;
    for (const std::string& line : told("button: serial: ", "\n")) {
      if (line.find("state: 1") == std::string::npos) continue;
      const std::size_t begin = line.find("button: ") + 8;
      out.push_back(line.substr(begin, line.find(',', begin) - begin));
    }
    return out;
  }
  static void type(InputDevice& device, const std::string& text) {
    const auto done = device.type(*decode_utf8(text), [] { return false; });
    EXPECT_TRUE(done) << done.error().message;
  }

  static constexpr const char* kDisplay = testing::SwayServer::kDisplay;
  testing::SwayServer sway_;
  std::unique_ptr<testing::TestProcess> window_;
};

TEST_F(WaylandInputTest, AKeystrokeArrivesWithItsModifiers) {
  const auto device = open();
  start_window(device.get());
  EXPECT_TRUE(device->press(*parse_chord("ctrl+super+s")));
  EXPECT_TRUE(eventually([&] { return told("sym: ", " ").size() == 3; }));
  EXPECT_TRUE(device->release(*parse_chord("ctrl+super+s")));
  EXPECT_TRUE(eventually([&] { return told("sym: ", " ").size() == 6; }));
  EXPECT_THAT(told("sym: ", " "),
              ElementsAre("Control_L", "Super_L", "s", "s", "Super_L", "Control_L"));
  EXPECT_THAT(told("depressed: ", "\n"),
              ElementsAre("00000000", "00000004: Control ", "00000044: Control Mod4 ",
                          "00000004: Control ", "00000000"))
      << "the first is what was down before";
}

TEST_F(WaylandInputTest, TextArrivesWhole) {
  const auto device = open();
  start_window(device.get());
  type(*device, "Grüße, 世界 😀! {[~@|]}");
  EXPECT_TRUE(eventually([&] { return typed().ends_with("}"); }));
  EXPECT_EQ(typed(), "Grüße, 世界 😀! {[~@|]}");
}

TEST_F(WaylandInputTest, TextWithMoreCharactersThanAKeyboardHasKeysArrivesWhole) {
  const auto device = open();
  start_window(device.get());
  std::string text;
  for (char32_t character = 0x4E00; character < 0x4E00 + 300; ++character)
    text += encode_utf8(character);
  type(*device, text);
  EXPECT_TRUE(eventually([&] { return typed().size() >= text.size(); }));
  EXPECT_EQ(typed(), text);
}

TEST_F(WaylandInputTest, CapsLockMakesNoDifference) {
  const auto device = open();
  start_window(device.get());
  EXPECT_TRUE(device->press(*parse_chord("caps_lock")));
  EXPECT_TRUE(device->release(*parse_chord("caps_lock")));
  type(*device, "aB");
  EXPECT_TRUE(eventually([&] { return typed().size() >= 2; }));
  EXPECT_EQ(typed(), "aB");
}

TEST_F(WaylandInputTest, HeldKeysGoUpWithTheDevice) {
  auto device = open();
  start_window(device.get());
  EXPECT_TRUE(device->press(*parse_chord("a")));
  type(*device, "世");  // on another keyboard, and the key is still down
  device.reset();
  EXPECT_TRUE(eventually([&] { return told("sym: ", " ").size() >= 4; }));
  EXPECT_THAT(told("sym: ", " "), ElementsAre("a", "U4E16", "U4E16", "a"));
}

TEST_F(WaylandInputTest, ClicksAndMovesArrive) {
  const auto device = open();
  start_window(device.get());
  EXPECT_TRUE(device->move({300, 200, false}));
  EXPECT_TRUE(device->move({-5, 7, true}));
  EXPECT_TRUE(device->click(MouseButton::left, 2));
  EXPECT_TRUE(device->click(MouseButton::middle, 1));
  EXPECT_TRUE(device->click(MouseButton::right, 1));
  EXPECT_TRUE(eventually([&] { return pressed_buttons().size() >= 4; }));
  EXPECT_TRUE(eventually([&] {
    const auto moves = told("motion: time: ", "\n");
    return !moves.empty() && moves.back().ends_with("x, y: 195.000000, 157.000000");
  })) << "the output begins at 100,50; "
      << text_of("wev.log");
  EXPECT_THAT(pressed_buttons(),
              ElementsAre("272 (left)", "272 (left)", "274 (middle)", "273 (right)"));
}

TEST_F(WaylandInputTest, WhatCannotBeOpenedSaysWhatToDo) {
  const auto device = open_wayland_input("wayland-4711");
  ASSERT_FALSE(device);
  EXPECT_THAT(device.error().message, HasSubstr("\"wayland-4711\" cannot be opened"));
  EXPECT_THAT(device.error().message, HasSubstr("WAYLAND_DISPLAY names it"));
}

TEST_F(WaylandInputTest, ACompositorThatDiesIsAFailureAndANewOneIsUsed) {
  Input input([] { return open_wayland_input(kDisplay); });
  const auto ask = [&](InputRequest request) {
    return report_of([&](const Input::Done& done) { input.call(std::move(request), {}, done); });
  };
  EXPECT_EQ(ask(TextRequest{"before"}).get().outcome, Outcome::ok);
  auto interrupted = ask(TextRequest{std::string(2'000'000, 'a')});
  EXPECT_EQ(interrupted.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  sway_.kill();
  const SystemReport report = interrupted.get();
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_THAT(report.message, HasSubstr("is gone"));
  start();
  EXPECT_EQ(ask(TextRequest{"after"}).get().outcome, Outcome::ok);
}

}  // namespace
}  // namespace midimon
