#include "mapping/trigger_toml.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "mapping/profile_toml.h"

namespace midimon {
namespace {

using std::chrono::milliseconds;

Result<Profile> parse(const std::string& trigger, const std::string& more = "") {
  return parse_profile("[[global_mappings]]\ntrigger = { " + trigger +
                           " }\naction = { type = \"Delay\", ms = 1 }\n" + more,
                       "p.toml");
}

template <typename T>
T read(const std::string& trigger, const std::string& more = "") {
  const auto profile = parse(trigger, more);
  if (!profile) throw std::runtime_error(profile.error().message);
  return std::get<T>(profile->global_mappings.at(0).trigger);
}

// The words in which a trigger is shown say all that matters of it.
std::string words(const std::string& trigger) {
  const auto profile = parse(trigger);
  return profile ? describe(profile->global_mappings.at(0).trigger) : profile.error().message;
}

// Without "p.toml:LINE:COLUMN: ".
std::string error_of(const std::string& trigger) {
  const auto profile = parse(trigger);
  if (profile) return "no error";
  return profile.error().message.substr(profile.error().message.find(": ") + 2);
}

TEST(ReadTrigger, ReadsEachType) {
  EXPECT_EQ(words(R"(type = "Note", note = "C2", channel = 3, velocity_min = 20)"),
            "Note C2, velocity 20 to 127, channel 3");
  EXPECT_EQ(words(R"(type = "Note", note = 36, immediate = true)"), "Note C2, immediate");
  EXPECT_EQ(words(R"(type = "LongPress", note = 36, duration_ms = 500)"), "LongPress C2, 500ms");
  EXPECT_EQ(words(R"(type = "DoubleTap", note = 36, timeout_ms = 200)"),
            "DoubleTap C2, within 200ms");
  EXPECT_EQ(words(R"(type = "NoteChord", notes = ["E2", 36], timeout_ms = 80)"),
            "NoteChord C2 E2, within 80ms");
  EXPECT_EQ(words(R"(type = "NoteRelease", note = 36)"), "NoteRelease C2");
  EXPECT_EQ(words(R"(type = "EncoderTurn", cc = 1, direction = "CounterClockwise")"),
            "EncoderTurn 1, counter-clockwise");
  EXPECT_EQ(words(R"(type = "CC", cc = 7, value_min = 3, value_max = 9)"), "CC 7, value 3 to 9");
  EXPECT_EQ(words(R"(type = "CC", cc = 7, high_resolution = true, value_min = 300)"),
            "CC 7, 14 bits, value 300 to 16383");
  EXPECT_EQ(words(R"(type = "Aftertouch", pressure_min = 64)"), "Aftertouch, pressure 64 to 127");
  EXPECT_EQ(words(R"(type = "Aftertouch", note = 36)"), "Aftertouch of C2");
  EXPECT_EQ(words(R"(type = "Aftertouch", kind = "poly")"), "Aftertouch of any note");
  EXPECT_EQ(words(R"(type = "PitchBend", value_min = 8193)"), "PitchBend, value 8193 to 16383");
  EXPECT_EQ(words(R"(type = "ProgramChange")"), "ProgramChange of any number");
  EXPECT_EQ(words(R"(type = "ProgramChange", program = 5, channel = 16)"),
            "ProgramChange 5, channel 16");
  EXPECT_EQ(words(R"(type = "NRPN", parameter = 130)"), "NRPN 130");
  EXPECT_EQ(words(R"(type = "RPN", parameter = 1, high_resolution = true, value_max = 500)"),
            "RPN 1, 14 bits, value 0 to 500");
  EXPECT_EQ(words(R"(type = "SysEx", pattern = "F0 7e ?? 06 F7")"), "SysEx 7E ?? 06");
  EXPECT_EQ(words(R"(type = "Start")"), "Start");
  EXPECT_EQ(words(R"(type = "Stop")"), "Stop");
  EXPECT_EQ(words(R"(type = "Continue")"), "Continue");
  EXPECT_EQ(words(R"(type = "Beat")"), "Beat, each");
  EXPECT_EQ(words(R"(type = "Beat", every = 2, unit = "bar", beats_per_bar = 3, offset = 1)"),
            "Beat, every 6 from beat 2 on");
}

TEST(ReadTrigger, AVelocityRangeIsANoteWhoseRangeHasAName) {
  const auto range = [](const char* more) {
    return words(std::string("type = \"VelocityRange\", note = 36") + more);
  };
  EXPECT_EQ(range(", range = \"soft\""), "Note C2, velocity 1 to 40");
  EXPECT_EQ(range(", range = \"medium\""), "Note C2, velocity 41 to 80");
  EXPECT_EQ(range(", range = \"hard\""), "Note C2, velocity 81 to 127");
  EXPECT_EQ(range(", range = \"medium\", soft_max = 30, medium_max = 90"),
            "Note C2, velocity 31 to 90");
  EXPECT_EQ(range(", soft_max = 30, medium_max = 90"), "Note C2") << "each of the three";
  EXPECT_EQ(range(", min_velocity = 5, max_velocity = 9"), "Note C2, velocity 5 to 9");
}

TEST(ReadTrigger, TimesAreTheProfilesWhereTheTriggerGivesNone) {
  constexpr const char* kTimes =
      "[advanced_settings]\nchord_timeout_ms = 40\ndouble_tap_timeout_ms = 250\n"
      "hold_threshold_ms = 1500\n";
  EXPECT_EQ(read<HoldTrigger>("type = \"LongPress\", note = 1").duration, milliseconds(2000));
  EXPECT_EQ(read<DoubleTapTrigger>("type = \"DoubleTap\", note = 1").timeout, milliseconds(300));
  EXPECT_EQ(read<ChordTrigger>("type = \"NoteChord\", notes = [1, 2]").chord.timeout,
            milliseconds(50));
  EXPECT_EQ(read<HoldTrigger>("type = \"LongPress\", note = 1", kTimes).duration,
            milliseconds(1500));
  EXPECT_EQ(read<DoubleTapTrigger>("type = \"DoubleTap\", note = 1", kTimes).timeout,
            milliseconds(250));
  EXPECT_EQ(read<ChordTrigger>("type = \"NoteChord\", notes = [1, 2]", kTimes).chord.timeout,
            milliseconds(40));
  EXPECT_EQ(read<HoldTrigger>("type = \"LongPress\", note = 1, min_duration_ms = 700").duration,
            milliseconds(700))
      << "as earlier profiles have it";
}

TEST(ReadTrigger, AnEdgeWithoutARangeIsTheMiddle) {
  EXPECT_EQ(words(R"(type = "CC", cc = 7, edge = "rising")"), "CC 7, value 64 to 127, rising");
  EXPECT_EQ(words(R"(type = "CC", cc = 7, edge = "falling")"), "CC 7, value 0 to 63, falling");
  EXPECT_EQ(words(R"(type = "PitchBend", edge = "rising")"),
            "PitchBend, value 8192 to 16383, rising");
  EXPECT_EQ(words(R"(type = "Aftertouch", edge = "rising", pressure_min = 9)"),
            "Aftertouch, pressure 9 to 127, rising");
}

TEST(ReadTrigger, EncodersHaveFourEncodings) {
  EXPECT_EQ(read<EncoderTrigger>(R"(type = "EncoderTurn", cc = 1)").encoding, Encoding::absolute);
  EXPECT_EQ(
      read<EncoderTrigger>(R"(type = "EncoderTurn", cc = 1, encoding = "offset-binary")").encoding,
      Encoding::offset_binary);
  EXPECT_EQ(error_of(R"(type = "EncoderTurn", cc = 1, encoding = "relative")"),
            "there is no encoding \"relative\"; allowed: absolute, twos-complement, offset-binary, "
            "sign-magnitude");
  EXPECT_EQ(error_of(R"(type = "EncoderTurn", cc = 1, direction = "clockwise")"),
            "there is no direction \"clockwise\"; did you mean \"Clockwise\"?");
}

TEST(ReadTrigger, SaysWhatIsWrong) {
  EXPECT_EQ(error_of(R"(type = "LongPres", note = 1)"),
            "there is no trigger of type \"LongPres\"; did you mean \"LongPress\"?");
  EXPECT_EQ(error_of(R"(type = "LongPress")").substr(0, 33), "a LongPress trigger needs \"note\",");
  EXPECT_EQ(error_of(R"(type = "DoubleTap", note = 1, timout_ms = 5)"),
            "a DoubleTap trigger has no key \"timout_ms\"; did you mean \"timeout_ms\"?");
  EXPECT_EQ(error_of(R"(type = "NoteChord", notes = [1])"),
            "\"notes\" must be an array of 2 to 16 different notes, not an array");
  EXPECT_EQ(error_of(R"(type = "NoteChord", notes = [1, 1])"),
            "\"notes\" must be an array of 2 to 16 different notes, not an array");
  EXPECT_EQ(error_of(R"(type = "CC", cc = 32, high_resolution = true)"),
            "\"cc\" must be an integer from 0 to 31, not 32");
  EXPECT_EQ(error_of(R"(type = "VelocityRange", note = 1, soft_max = 90)"),
            "\"soft_max\" must not be above \"medium_max\", 90 is above 80");
  EXPECT_EQ(
      error_of(R"(type = "Aftertouch", note = 1, kind = "channel")"),
      "the pressure of a channel is of no note; leave out \"note\", or write kind = \"poly\"");
  EXPECT_EQ(error_of(R"(type = "SysEx", pattern = "F0 99")"),
            "a sysex pattern is bytes such as \"7E ?? 06 01 *\": 99 is no data byte, 00 to 7F are");
  EXPECT_EQ(error_of(R"(type = "Beat", every = 2, offset = 2)"),
            "\"offset\" must be an integer from 0 to 1, not 2");
  EXPECT_EQ(error_of(R"(type = "NRPN", parameter = 16383)"),
            "\"parameter\" must be an integer from 0 to 16382, not 16383");
}

TEST(Covers, AWiderTriggerCoversANarrowerOneAndNotTheOtherWayRound) {
  const auto trigger = [](const char* text) { return parse(text)->global_mappings.at(0).trigger; };
  const auto expect_wider = [&](const char* wide, const char* narrow) {
    EXPECT_TRUE(covers(trigger(wide), trigger(narrow))) << wide << " " << narrow;
    EXPECT_FALSE(covers(trigger(narrow), trigger(wide))) << narrow << " " << wide;
  };
  expect_wider(R"(type = "Note", note = 1)", R"(type = "Note", note = 1, channel = 2)");
  expect_wider(R"(type = "Note", note = 1)", R"(type = "Note", note = 1, velocity_max = 9)");
  expect_wider(R"(type = "CC", cc = 1)", R"(type = "CC", cc = 1, edge = "rising")");
  expect_wider(R"(type = "EncoderTurn", cc = 1)",
               R"(type = "EncoderTurn", cc = 1, direction = "Clockwise")");
  expect_wider(R"(type = "DoubleTap", note = 1)",
               R"(type = "DoubleTap", note = 1, timeout_ms = 100)");
  expect_wider(R"(type = "ProgramChange")", R"(type = "ProgramChange", program = 1)");
  expect_wider(R"(type = "Beat", every = 2)", R"(type = "Beat", every = 4, offset = 2)");
  EXPECT_FALSE(covers(trigger(R"(type = "Note", note = 1)"), trigger(R"(type = "CC", cc = 1)")));
  EXPECT_FALSE(covers(trigger(R"(type = "LongPress", note = 1)"),
                      trigger(R"(type = "LongPress", note = 1, duration_ms = 100)")));
}

// What users of the earlier program have, with every trigger, condition and action it knows.
constexpr std::string_view kEarlier = R"(
[device]
name = "Mikro"
auto_connect = true
auto_reconnect = true
port = 2

[logging]
level = "warn"
file = "pad.log"

[advanced_settings]
chord_timeout_ms = 50
double_tap_timeout_ms = 300
hold_threshold_ms = 2000

[[modes]]
name = "Default"
color = "blue"

[[modes.mappings]]
description = "Spotlight"
[modes.mappings.trigger]
type = "Note"
note = 12
velocity_min = 1
[modes.mappings.action]
type = "Keystroke"
keys = "space"
modifiers = ["cmd"]

[[modes.mappings]]
[modes.mappings.trigger]
type = "VelocityRange"
note = 13
soft_max = 40
medium_max = 80
[modes.mappings.action]
type = "VolumeControl"
operation = "Up"

[[modes.mappings]]
trigger = { type = "LongPress", note = 14, duration_ms = 1000 }
action = { type = "Shell", command = "git status" }

[[modes.mappings]]
trigger = { type = "DoubleTap", note = 16, timeout_ms = 300 }
action = { type = "Text", text = "hello" }

[[modes.mappings]]
trigger = { type = "NoteChord", notes = [8, 12], timeout_ms = 100 }
action = { type = "Sequence", actions = [
  { type = "Launch", app = "Terminal" },
  { type = "Delay", ms = 500 },
  { type = "MouseClick", button = "left", x = 1, y = 2 } ] }

[[modes]]
name = "Media"

[[modes.mappings]]
trigger = { type = "Aftertouch", pressure_min = 64 }
action = { type = "Repeat", action = { type = "Delay", ms = 1 }, count = 3, delay_ms = 5 }

[[modes.mappings]]
trigger = { type = "PitchBend", value_min = 8192, value_max = 16383 }
action = { type = "SendMidi", port = "Synth", message_type = "CC", channel = 0, controller = 74, value = 1 }

[[modes.mappings]]
trigger = { type = "GamepadButton", button = 128 }
action = { type = "Keystroke", keys = "Return" }

[[modes.mappings]]
trigger = { type = "GamepadButtonChord", buttons = [128, 129], timeout_ms = 50 }
action = { type = "Keystroke", keys = "Return" }

[[global_mappings]]
trigger = { type = "EncoderTurn", cc = 1, direction = "Clockwise" }
action = { type = "ModeChange", mode = "Media" }

[[global_mappings]]
trigger = { type = "CC", cc = 2, value_min = 64 }
[global_mappings.action]
type = "Conditional"
condition = { type = "And", conditions = [
  { type = "TimeRange", start = "22:00", end = "06:00" },
  { type = "DayOfWeek", days = [1, 7] },
  { type = "Not", condition = { type = "AppRunning", app_name = "OBS" } } ] }
then_action = { type = "ModeChange", mode = "Default" }
else_action = { type = "VolumeControl", operation = "Set", value = 50 }
)";

TEST(EarlierProfiles, ReadUnchanged) {
  const auto profile = parse_profile(kEarlier, "p.toml");
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_EQ(profile->modes[0].mappings.size(), 5U);
  EXPECT_EQ(profile->modes[1].mappings.size(), 2U) << "those of a gamepad are left out";
  EXPECT_EQ(profile->global_mappings.size(), 2U);
  EXPECT_EQ(profile->device.port, 2U);
  EXPECT_EQ(profile->logging.level, LogLevel::warning);
  EXPECT_EQ(profile->logging.file, "pad.log");
}

TEST(EarlierProfiles, WhatIsNotDoneIsNotedMappingByMapping) {
  const auto profile = parse_profile(kEarlier, "p.toml");
  ASSERT_TRUE(profile) << profile.error().message;
  std::string notes;
  for (const ProfileNote& note : profile->notes)
    notes += std::to_string(note.pos.line) + " " + note.text.substr(0, note.text.find(" a")) + "\n";
  EXPECT_EQ(notes, "44 this Shell\n69 GamepadButton triggers\n73 GamepadButtonChord triggers\n");
}

}  // namespace
}  // namespace midimon
