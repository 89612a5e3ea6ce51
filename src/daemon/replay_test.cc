#include "daemon/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "mapping/profile_toml.h"

namespace midimon {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<const Profile> profile(std::string_view text) {
  auto parsed = parse_profile(text, "p.toml");
  if (!parsed) throw std::runtime_error(parsed.error().message);
  return std::make_shared<const Profile>(std::move(*parsed));
}

constexpr std::string_view kProfile = R"(
[plugins.p]
[[modes]]
name = "A"
[[modes.mappings]]
description = "go"
trigger = { type = "Note", note = 60 }
action = { type = "Sequence", actions = [
  { type = "Plugin", plugin = "p", action = "slow" },
  { type = "ModeChange", mode = "B" },
] }
[[modes.mappings]]
description = "when obs runs"
trigger = { type = "Note", note = 61 }
condition = { type = "AppRunning", app_name = "obs" }
action = { type = "Keystroke", keys = "a" }
[[modes]]
name = "B"
[[modes.mappings]]
description = "in b"
trigger = { type = "Note", note = 60 }
action = { type = "Keystroke", keys = "b" }
)";

RecordedEvent press(int at_ms, std::uint8_t note) {
  return {milliseconds(at_ms),
          RecordedMessage{"pads", make_message(MessageKind::note_on, 0, note, 100), {}}};
}
RecordedEvent release(int at_ms, std::uint8_t note) {
  return {milliseconds(at_ms),
          RecordedMessage{"pads", make_message(MessageKind::note_off, 0, note), {}}};
}
RecordedEvent action(int at_ms, std::string description, std::string what, Outcome outcome,
                     int took_ms) {
  RecordedAction out;
  out.description = std::move(description);
  out.what = std::move(what);
  out.outcome = outcome;
  out.took = milliseconds(took_ms);
  return {milliseconds(at_ms), std::move(out)};
}

std::vector<std::string> lines(const ReplayResult& result) {
  std::vector<std::string> out;
  for (const RecordedEvent& event : result.events) {
    out.push_back(std::to_string(event.at / milliseconds(1)) + " " + describe(event));
  }
  return out;
}

TEST(Replay, ACallTakesTheTimeThatItTook) {
  const Recording recording{
      "p.toml",
      "A",
      {"pads"},
      {press(1000, 60), release(1100, 60), press(1200, 60), release(1300, 60),
       action(2000, "go", "plugin p/slow", Outcome::ok, 1000), press(2500, 60)}};
  EXPECT_THAT(
      lines(replay(recording, profile(kProfile))),
      ElementsAre("1000 note C4 pressed, velocity 100, channel 1 -> go",
                  "1100 note C4 released, channel 1",
                  "1200 note C4 pressed, velocity 100, channel 1 -> go",
                  "1200 Ok plugin p/slow",  // there is no second answer: all is well at once
                  "1200 mode B", "1200 Ok mode B", "1300 note C4 released, channel 1",
                  "2000 Ok plugin p/slow", "2000 Ok mode B",
                  "2500 note C4 pressed, velocity 100, channel 1 -> in b", "2500 Ok keystroke b"));
}

TEST(Replay, ItsOwnResultIsTheSameEveryTime) {
  Recording recording{"p.toml",
                      "A",
                      {"pads"},
                      {press(0, 60), release(10, 60), press(20, 61), release(30, 61),
                       action(5000, "go", "plugin p/slow", Outcome::trapped, 700)}};
  const ReplayResult first = replay(recording, profile(kProfile));
  std::vector<RecordedEvent> messages(recording.events.begin(), recording.events.begin() + 4);
  recording.events = messages;
  recording.events.insert(recording.events.end(), first.events.begin(), first.events.end());
  for (int i = 0; i < 3; ++i) {
    const ReplayResult again = replay(recording, profile(kProfile));
    EXPECT_THAT(again.differences, IsEmpty());
    EXPECT_EQ(lines(again), lines(first));
  }
}

TEST(Replay, ConditionsGetTheAnswersThatTheyGot) {
  const RecordedFact yes{{OutsideCondition::Kind::app_running, "obs", ""}, true};
  const RecordedFact no{{OutsideCondition::Kind::app_running, "obs", ""}, false};
  const Recording recording{"p.toml",
                            "A",
                            {"pads"},
                            {press(0, 61),
                             {milliseconds(0), yes},
                             press(100, 61),
                             {milliseconds(100), no},
                             press(200, 61)}};
  const auto all = lines(replay(recording, profile(kProfile)));
  EXPECT_THAT(all, ElementsAre(HasSubstr("when obs runs"), "0 Ok keystroke a",
                               "100 note C#4 pressed, velocity 100, channel 1",
                               "200 note C#4 pressed, velocity 100, channel 1"));
}

TEST(Replay, WhatIsNotTheSameIsSaid) {
  const Recording recording{"p.toml",
                            "A",
                            {"pads"},
                            {press(0, 60),
                             action(5, "go", "plugin p/slow", Outcome::ok, 5),
                             action(5, "go", "mode B", Outcome::ok, 0),
                             {milliseconds(5), RecordedMode{"B"}}}};
  const auto differences = replay(recording, profile("")).differences;
  EXPECT_THAT(differences,
              ElementsAre("go (mode B), number 1: recorded Ok, now nothing",
                          "go (plugin p/slow), number 1: recorded Ok, now nothing",
                          "the mode, number 1: recorded B, now nothing",
                          HasSubstr("what was found, number 1: recorded nothing, now note C4")));
}

TEST(Replay, AnInputThatGoesReleasesItsNotes) {
  const Recording recording{
      "p.toml", "A", {"pads"}, {press(0, 62), {milliseconds(50), RecordedInput{"pads", false}}}};
  EXPECT_THAT(
      lines(replay(recording, profile(kProfile))),
      ElementsAre("0 note D4 pressed, velocity 100, channel 1", "50 note D4 released, channel 1"));
}

TEST(Replay, AProfileThatWasReadAgainCannotBeShown) {
  const Recording recording{"p.toml", "A", {}, {{milliseconds(1), RecordedReload{""}}}};
  EXPECT_THAT(replay(recording, profile("")).differences,
              ElementsAre(HasSubstr("read again in this recording")));
  const Recording failed{"p.toml", "A", {}, {{milliseconds(1), RecordedReload{"a mistake"}}}};
  EXPECT_THAT(replay(failed, profile("")).differences, IsEmpty());
}

}  // namespace
}  // namespace midimon
