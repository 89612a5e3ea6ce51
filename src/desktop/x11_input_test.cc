#include "desktop/x11_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "desktop/input.h"
#include "desktop/x11_test_support.h"

namespace midimon {
namespace {

using ::testing::ElementsAre;
using testing::eventually;
using ::testing::HasSubstr;
using testing::report_of;

class X11InputTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(server_.display(), "") << "Xvfb does not start"; }

  std::unique_ptr<InputDevice> open() {
    auto device = open_x11_input(server_.display());
    if (device) return std::move(*device);
    ADD_FAILURE() << device.error().message;
    return nullptr;
  }
  void set_layout(const std::string& layout) {
    const std::string command =
        "setxkbmap -display " + server_.display() + " -layout " + layout + " >/dev/null 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  static void tap(InputDevice& device, const std::string& chord) {
    EXPECT_TRUE(device.press(*parse_chord(chord)));
    EXPECT_TRUE(device.release(*parse_chord(chord)));
  }
  static void type(InputDevice& device, const std::string& text) {
    const auto typed = device.type(*decode_utf8(text), [] { return false; });
    EXPECT_TRUE(typed) << typed.error().message;
  }

  testing::XServer server_;
};

TEST_F(X11InputTest, AKeystrokeArrivesWithItsModifiers) {
  const auto device = open();
  const testing::XWindow window(server_.display());
  tap(*device, "ctrl+s");
  tap(*device, "shift+F5");
  tap(*device, "ctrl+alt+super+plus");
  tap(*device, "play_pause");
  EXPECT_TRUE(eventually([&] { return window.events().size() >= 20; }));
  EXPECT_THAT(window.events(),
              ElementsAre("+Control_L", "+ctrl+s", "-s", "-Control_L",  //
                          "+Shift_L", "+shift+F5", "-F5", "-Shift_L",   //
                          "+Control_L", "+ctrl+Alt_L", "+ctrl+alt+Super_L",
                          "+ctrl+alt+super+Shift_L", "+ctrl+shift+alt+super+plus", "-plus",
                          "-Shift_L", "-Super_L", "-Alt_L", "-Control_L",  //
                          "+XF86AudioPlay", "-XF86AudioPlay"));
}

TEST_F(X11InputTest, TextArrivesWhole) {
  const auto device = open();
  const testing::XWindow window(server_.display());
  const std::string text = "Grüße, 世界 😀! {[~@|]} ÀÉÎõü ελληνικά кириллица «»";
  type(*device, text);
  EXPECT_TRUE(eventually([&] { return window.text().size() >= text.size(); }));
  EXPECT_EQ(window.text(), text);
  type(*device, "\n\tb");
  EXPECT_TRUE(eventually([&] { return window.text().size() >= text.size() + 3; }));
  EXPECT_EQ(window.text(), text + "\r\tb") << "line ends and tabs are their keys";
}

TEST_F(X11InputTest, TextWithMoreCharactersThanAKeyboardHasKeysArrivesWhole) {
  const auto device = open();
  const testing::XWindow window(server_.display());
  std::string text;
  for (char32_t character = 0x4E00; character < 0x4E00 + 100; ++character) {
    const std::string one = encode_utf8(character);
    text += one;
    type(*device, one);
    // A program that is later than the next change of its key gets another character.
    EXPECT_TRUE(eventually([&] { return window.text().size() >= text.size(); }));
  }
  EXPECT_EQ(window.text(), text);
}

TEST_F(X11InputTest, AShortcutHasNoShiftOfOurs) {
  const auto device = open();
  const testing::XWindow window(server_.display());
  type(*device, "世界");  // on one key
  tap(*device, "ctrl+界");
  EXPECT_TRUE(eventually([&] { return window.events().size() >= 10; }));
  EXPECT_THAT(window.events(),
              ElementsAre("+U4E16", "-U4E16", "+Shift_L", "+shift+U754C", "-U754C", "-Shift_L",
                          "+Control_L", "+ctrl+U754C", "-U754C", "-Control_L"));
}

TEST_F(X11InputTest, LayoutsAndLocksMakeNoDifference) {
  set_layout("de,ru");
  const auto device = open();
  testing::XWindow window(server_.display());
  const std::string text = "yZ@{€}ß?Ä я";
  type(*device, text);
  window.lock(1, 0);
  type(*device, text);
  window.lock(0, 2);  // Caps Lock
  type(*device, "aB");
  EXPECT_TRUE(eventually([&] { return window.text().size() >= 2 * text.size() + 2; }));
  EXPECT_EQ(window.text(), text + text + "aB");
}

TEST_F(X11InputTest, AShortcutIsTheSameInALayoutWithoutItsLetter) {
  set_layout("us,ru");
  const auto device = open();
  testing::XWindow window(server_.display());
  window.lock(1, 0);
  tap(*device, "ctrl+s");
  EXPECT_TRUE(eventually([&] { return window.events().size() >= 4; }));
  EXPECT_THAT(window.events(), ElementsAre("+Control_L", "+ctrl+s", "-s", "-Control_L"));
}

TEST_F(X11InputTest, ALayoutThatChangesIsTakenUp) {
  const auto device = open();
  type(*device, "y");
  set_layout("de");
  const testing::XWindow window(server_.display());
  type(*device, "yz");
  EXPECT_TRUE(eventually([&] { return window.text().size() >= 2; }));
  EXPECT_EQ(window.text(), "yz");
}

TEST_F(X11InputTest, HeldKeysStayDownUntilTheyAreReleasedAsOften) {
  auto device = open();
  const testing::XWindow window(server_.display());
  EXPECT_TRUE(device->release(*parse_chord("a"))) << "it is not down";
  EXPECT_TRUE(device->press(*parse_chord("ctrl")));
  EXPECT_TRUE(device->press(*parse_chord("ctrl+a")));
  EXPECT_TRUE(device->release(*parse_chord("ctrl")));
  tap(*device, "b");
  EXPECT_TRUE(device->release(*parse_chord("ctrl+a")));
  EXPECT_TRUE(device->press(*parse_chord("c")));
  device.reset();
  EXPECT_TRUE(eventually([&] { return window.events().size() >= 8; }));
  EXPECT_THAT(window.events(),
              ElementsAre("+Control_L", "+ctrl+a", "+ctrl+b", "-b", "-a", "-Control_L", "+c", "-c"))
      << "whoever goes lets go of all keys";
}

TEST_F(X11InputTest, ClicksAndMovesArrive) {
  const auto device = open();
  EXPECT_TRUE(device->move({10, 20, false}));
  const testing::XWindow window(server_.display());
  EXPECT_TRUE(device->move({300, 200, false}));
  EXPECT_TRUE(device->move({-5, 7, true}));
  EXPECT_TRUE(device->click(MouseButton::left, 2));
  EXPECT_TRUE(device->click(MouseButton::middle, 1));
  EXPECT_TRUE(device->click(MouseButton::right, 1));
  EXPECT_TRUE(eventually([&] { return window.events().size() >= 6; }));
  EXPECT_THAT(window.events(),
              ElementsAre("at 300,200", "at 295,207", "click 1", "click 1", "click 2", "click 3"));
}

TEST_F(X11InputTest, WhatCannotBeOpenedSaysWhatToDo) {
  const auto device = open_x11_input(":4711");
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().message,
            "the X11 display \":4711\" cannot be opened; DISPLAY names it, and XAUTHORITY the file "
            "that lets programs in");
}

TEST_F(X11InputTest, AServerThatDiesIsAFailureAndANewOneIsUsed) {
  std::string display = server_.display();
  Input input([&] { return open_x11_input(display); });
  const auto ask = [&](InputRequest request) {
    return report_of([&](const Input::Done& done) { input.call(std::move(request), {}, done); });
  };
  EXPECT_EQ(ask(TextRequest{"before"}).get().outcome, Outcome::ok);
  std::string long_text;
  for (int i = 0; i < 200'000; ++i)
    long_text += "a";
  auto interrupted = ask(TextRequest{long_text});
  EXPECT_EQ(ask(TextRequest{""}).wait_for(std::chrono::milliseconds(50)),
            std::future_status::timeout);
  server_.kill();
  const SystemReport report = interrupted.get();
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_THAT(report.message, HasSubstr("is gone"));
  EXPECT_THAT(ask(KeyRequest{{*parse_chord("a")}, KeyMotion::down}).get().message,
              HasSubstr("cannot be opened"));
  EXPECT_EQ(ask(KeyRequest{{*parse_chord("a")}, KeyMotion::up}).get().outcome, Outcome::ok);

  const testing::XServer next;
  display = next.display();
  const testing::XWindow window(display);
  EXPECT_EQ(ask(TextRequest{"ö"}).get().outcome, Outcome::ok);
  EXPECT_TRUE(eventually([&] { return window.text() == "ö"; }));
}

}  // namespace
}  // namespace midimon
