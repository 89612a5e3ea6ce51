#include "desktop/open_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "desktop/uinput_input.h"
#include "desktop/x11_test_support.h"

namespace midimon {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using Variables = std::map<std::string, std::string>;

Result<std::unique_ptr<InputDevice>> open(const Variables& variables) {
  return open_input_device([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

TEST(OpenInput, AMissingWaylandLeavesX11) {
  const testing::XServer server;
  const auto device = open({{"WAYLAND_DISPLAY", "no-such"}, {"DISPLAY", server.display()}});
  ASSERT_TRUE(device) << device.error().message;
  EXPECT_EQ((*device)->name(), "X11 display " + server.display());
}

TEST(OpenInput, WhatIsAskedForIsTriedAlone) {
  const auto device = open({{"MIDIMON_INPUT", "x11"}, {"DISPLAY", ":4711"}});
  ASSERT_FALSE(device);
  EXPECT_THAT(device.error().message,
              AllOf(HasSubstr("X11 display \":4711\""), Not(HasSubstr("uinput"))));
  const auto unset = open({{"MIDIMON_INPUT", "wayland"}});
  ASSERT_FALSE(unset);
  EXPECT_THAT(unset.error().message, HasSubstr("WAYLAND_DISPLAY names it"));
  const auto unknown = open({{"MIDIMON_INPUT", "mouse"}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message, "MIDIMON_INPUT is wayland, x11 or uinput, not \"mouse\"");
}

TEST(OpenInput, EachThatDoesNotWorkSaysWhy) {
  const auto device = open({{"WAYLAND_DISPLAY", "no-such"}, {"DISPLAY", ":4711"}});
  if (device) {
    EXPECT_EQ((*device)->name(), "uinput") << "nothing else is there";
    return;
  }
  EXPECT_THAT(device.error().message,
              AllOf(HasSubstr("\"no-such\""), HasSubstr("\":4711\""), HasSubstr("/dev/uinput")));
}

TEST(UinputInput, WhatIsNoUinputSaysWhatToDo) {
  const auto missing = open_uinput_input("/no/uinput");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            "/no/uinput cannot be opened (No such file or directory); `modprobe uinput` makes it, "
            "or set DISPLAY or WAYLAND_DISPLAY to your screen");
  const auto other = open_uinput_input("/dev/null");
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("uinput makes no keyboard"));
}

}  // namespace
}  // namespace midimon
