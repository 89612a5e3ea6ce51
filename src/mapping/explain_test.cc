#include "mapping/explain.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "mapping/profile_toml.h"

namespace midimon {
namespace {

constexpr std::string_view kProfile = R"([[modes]]
name = "Live"
mappings = [
  { description = "soft", trigger = { type = "Note", note = "C2", velocity_max = 40 }, action = { type = "Delay", ms = 1 } },
  { description = "tap", trigger = { type = "Note", note = "D2", channel = 2 }, action = { type = "Delay", ms = 1 } },
  { description = "hold", trigger = { type = "LongPress", note = "C2" }, action = { type = "Delay", ms = 1 } },
  { description = "fader", trigger = { type = "CC", cc = 7, value_min = 64 }, action = { type = "Delay", ms = 1 }, consume = true },
  { description = "knob", trigger = { type = "EncoderTurn", cc = 7, encoding = "offset-binary", direction = "Clockwise" }, action = { type = "Delay", ms = 1 } },
]
[[modes]]
name = "Night"
mappings = [
  { description = "now", trigger = { type = "Note", note = "C2", immediate = true }, action = { type = "Delay", ms = 1 } },
]
[[global_mappings]]
description = "late"
condition = { type = "TimeRange", start = "22:00", end = "06:00" }
trigger = { type = "Note", note = "C2" }
action = { type = "ModeChange", mode = "Night" }
[[global_mappings]]
description = "any fader"
trigger = { type = "CC", cc = 7 }
action = { type = "Delay", ms = 1 }
[[global_mappings]]
description = "chord"
trigger = { type = "NoteChord", notes = ["C2", "E2", "G2"] }
action = { type = "Delay", ms = 1 }
[[global_mappings]]
description = "wide"
trigger = { type = "NRPN", parameter = 5, high_resolution = true, value_min = 8192 }
action = { type = "Delay", ms = 1 }
)";

class ExplainTest : public testing::Test {
 protected:
  [[nodiscard]] std::string told(std::string_view text, std::optional<std::size_t> mode = 0) {
    const auto event = parse_event(text);
    if (!event) return event.error().message;
    return explain(mapper_, *event, mode, no_facts());
  }

 private:
  static std::shared_ptr<const Profile> profile() {
    auto read = parse_profile(kProfile, "p.toml");
    if (!read) throw std::runtime_error(read.error().message);
    return std::make_shared<const Profile>(std::move(*read));
  }
  Mapper mapper_{profile()};
};

TEST_F(ExplainTest, APressSaysWhatElseMayComeOfIt) {
  EXPECT_EQ(told("press C2 30", std::nullopt), R"(mode Live
  may  line 4     soft (Note C2, velocity 1 to 40): if no long press, double tap or chord comes of it
  may  line 6     hold (LongPress C2, 2s): once it is down for 2s
  may  line 15    late (Note C2): if no long press, double tap or chord comes of it
  may  line 24    chord (NoteChord C2 E2 G2, within 50ms): with E2, G2 within 50ms
  5 others listen to something else
mode Night
  yes  line 13    now (Note C2, immediate)
  may  line 15    late (Note C2): if no long press, double tap or chord comes of it
  may  line 24    chord (NoteChord C2 E2 G2, within 50ms): with E2, G2 within 50ms
  2 others listen to something else
)");
}

TEST_F(ExplainTest, WhatDoesNotMatchSaysWhy) {
  EXPECT_NE(told("press C2 90")
                .find("no   line 4     soft (Note C2, velocity 1 to 40): the "
                      "velocity is 90, not 1 to 40\n"),
            std::string::npos);
  EXPECT_NE(told("press D2")
                .find("no   line 5     tap (Note D2, channel 2): the channel is 1, "
                      "not 2\n"),
            std::string::npos);
  EXPECT_NE(told("press D2 channel 2").find("yes  line 5"), std::string::npos);
}

TEST_F(ExplainTest, AControlChangeSaysWhatConsumesIt) {
  EXPECT_EQ(told("cc 7 65"), R"(mode Live
  yes  line 7     fader (CC 7, value 64 to 127)
  yes  line 8     knob (EncoderTurn 7, clockwise)
  no   line 20    any fader (CC 7): the mapping on line 7 consumes it
  6 others listen to something else
)");
  EXPECT_EQ(told("cc 7 63"), R"(mode Live
  no   line 7     fader (CC 7, value 64 to 127): the value is 63, not 64 to 127
  no   line 8     knob (EncoderTurn 7, clockwise): it turns counter-clockwise
  yes  line 20    any fader (CC 7)
  6 others listen to something else
)");
}

TEST_F(ExplainTest, SeveralMessagesAreOneEvent) {
  EXPECT_NE(told("nrpn 5 64 0").find("yes  line 28"), std::string::npos);
  EXPECT_NE(told("nrpn 5 3 0")
                .find("no   line 28    wide (NRPN 5, 14 bits, value 8192 to 16383): "
                      "it asks for other values"),
            std::string::npos);
}

TEST(ParseEvent, ReadsEachKind) {
  const auto messages = [](std::string_view text) { return parse_event(text)->messages; };
  using Messages = std::vector<Message>;
  EXPECT_EQ(messages("press C2"), (Messages{{0x90, 36, 100}}));
  EXPECT_EQ(messages(" press 36  5 channel 16 "), (Messages{{0x9F, 36, 5}}));
  EXPECT_EQ(messages("release C2"), (Messages{{0x80, 36, 0}}));
  EXPECT_EQ(messages("cc 7 64 channel 2"), (Messages{{0xB1, 7, 64}}));
  EXPECT_EQ(messages("program 5"), (Messages{{0xC0, 5, 0}}));
  EXPECT_EQ(messages("pressure 5"), (Messages{{0xD0, 5, 0}}));
  EXPECT_EQ(messages("pressure C2 5"), (Messages{{0xA0, 36, 5}}));
  EXPECT_EQ(messages("bend 8193"), (Messages{{0xE0, 1, 64}}));
  EXPECT_EQ(messages("nrpn 130 5 6"),
            (Messages{{0xB0, 99, 1}, {0xB0, 98, 2}, {0xB0, 6, 5}, {0xB0, 38, 6}}));
  EXPECT_EQ(messages("rpn 1 5"), (Messages{{0xB0, 101, 0}, {0xB0, 100, 1}, {0xB0, 6, 5}}));
  EXPECT_EQ(messages("clock"), (Messages{{0xF8, 0, 0}}));
  EXPECT_EQ(messages("continue"), (Messages{{0xFB, 0, 0}}));
  EXPECT_EQ(messages("reset"), (Messages{{0xFF, 0, 0}}));
  EXPECT_EQ(parse_event("sysex F0 7E 01 F7")->sysex, (std::vector<std::uint8_t>{0x7E, 1}));
}

TEST(ParseEvent, SaysHowAnEventIsWritten) {
  const auto error = [](std::string_view text) {
    const auto event = parse_event(text);
    return event ? "no error" : event.error().message;
  };
  EXPECT_EQ(error("presss C2"), "there is no event \"presss\"; did you mean \"press\"?");
  EXPECT_EQ(error(""), "an event is missing, such as press C2 100");
  EXPECT_EQ(error("press H2"), "this is written as press NOTE [VELOCITY]");
  EXPECT_EQ(error("press C2 0"), "this is written as press NOTE [VELOCITY]");
  EXPECT_EQ(error("cc 7"), "this is written as cc NUMBER VALUE");
  EXPECT_EQ(error("cc 7 128"), "this is written as cc NUMBER VALUE");
  EXPECT_EQ(error("press C2 channel 17"), "a channel is a number from 1 to 16, not \"17\"");
  EXPECT_EQ(error("start now"), "this is written as start");
  EXPECT_EQ(error("sysex 7E ??"), "a sysex that is sent has no \"??\" and no \"*\"");
  EXPECT_FALSE(parse_local_time("Xyz 10:00"));
  EXPECT_FALSE(parse_local_time("Mon"));
  EXPECT_EQ(parse_local_time("Sun 23:59")->weekday, 7);
}

}  // namespace
}  // namespace midimon
