#include "daemon/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace midimon {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kHeader =
    R"({"midimon_recording": 1, "profile": "p.toml", "mode": "A", "inputs": ["pads"]})";

std::string with(std::string_view line) {
  return std::string(kHeader) + "\n" + std::string(line) + "\n";
}

TEST(Recording, AllThatBelongsToAnEventIsKept) {
  const auto recording = parse_recording(
      with(R"({"event": "message", "data": {"at_ns": 6, "input": "pads", "bytes": "F0 7E 01 F7"}}
{"event": "fact", "data": {"at_ns": 7, "kind": "plugin_state", "subject": "obs", "state": "on"}}
{"event": "something new", "data": {"at_ns": 8}}
{"event": "action", "data": {"at_ns": 9, "description": "m", "action": "plugin p/a", "ran": true, "outcome": "Trapped", "message": "why", "took_ns": 12}})"),
      "r");
  ASSERT_TRUE(recording) << recording.error().message;
  EXPECT_EQ(recording->profile, "p.toml");
  EXPECT_EQ(recording->inputs, std::vector<std::string>{"pads"});
  ASSERT_EQ(recording->events.size(), 3U);
  const auto& message = std::get<RecordedMessage>(recording->events[0].what);
  EXPECT_EQ(message.sysex, (std::vector<std::uint8_t>{0x7E, 0x01}));
  EXPECT_EQ(recording->events[0].at, Nanos(6));
  const auto& fact = std::get<RecordedFact>(recording->events[1].what);
  EXPECT_EQ(fact.condition.kind, OutsideCondition::Kind::plugin_state);
  EXPECT_FALSE(fact.holds);
  const auto& action = std::get<RecordedAction>(recording->events[2].what);
  EXPECT_EQ(action.outcome, Outcome::trapped);
  EXPECT_EQ(action.took, Nanos(12));
}

TEST(Recording, WhatIsNoneSaysWhere) {
  const auto wrong = [](std::string_view text) {
    const auto recording = parse_recording(text, "r");
    return recording ? std::string("fine") : recording.error().message;
  };
  EXPECT_EQ(wrong(""), "r: this is no recording: it is empty");
  EXPECT_THAT(wrong("{}"), HasSubstr("r:1: a recording begins with"));
  EXPECT_THAT(wrong(with("[]")), HasSubstr("r:2: this is no JSON object"));
  EXPECT_THAT(wrong(with(R"({"event": "mode"})")), HasSubstr("no \"data\""));
  EXPECT_THAT(wrong(with(R"({"event": "mode", "data": {}})")), HasSubstr("no time"));
  EXPECT_THAT(wrong(with(R"({"event": "message", "data": {"at_ns": 1, "bytes": "90 3C"}})")),
              HasSubstr("this is no message"));
  EXPECT_THAT(wrong(with(R"({"event": "time", "data": {"at_ns": 1, "weekday": 9}})")),
              HasSubstr("this is no time"));
  EXPECT_THAT(wrong(with(R"({"event": "action", "data": {"at_ns": 1, "outcome": "Fine"}})")),
              HasSubstr("this is no action"));
}

TEST(Recording, BytesAreOneWholeMessage) {
  EXPECT_TRUE(read_message("i", "90 3C 64"));
  EXPECT_TRUE(read_message("i", "F8"));
  for (const char* wrong : {"", "90", "90 3C", "90 3C 64 90", "90 3C 64 F8", "903C64", "90-3C-64",
                            "9 3 6", "F0 01", "F7", "zz"}) {
    EXPECT_FALSE(read_message("i", wrong)) << wrong;
  }
}

TEST(Recording, ItsHeaderIsReadAsItWasWritten) {
  const Recording header{"a \"b\"\n.toml", "Live\xFF", {"one", "two"}, {}};
  const auto read = parse_recording(recording_header(header), "r");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->profile, header.profile);
  EXPECT_EQ(read->inputs, header.inputs);
}

}  // namespace
}  // namespace midimon
