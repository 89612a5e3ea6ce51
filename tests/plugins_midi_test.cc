// The plugin midi-tools, by a song that is played to a profile and what a synthesizer gets of it
// over a real JACK server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ports/rtmidi.h"
#include "ports/test_support.h"
#include "tests/plugin_refusals.h"
#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Message = std::vector<std::uint8_t>;

// A song of notes, one after another, each a quarter second long.
std::string song(const std::vector<int>& notes) {
  std::string track;
  for (const int note : notes) {
    const char key = static_cast<char>(note);
    track += {'\x10', '\x90', key, '\x50', '\x78', '\x80', key, '\0'};
  }
  track += std::string("\0\xff\x2f\0", 4);
  return std::string("MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0", 21) + static_cast<char>(track.size()) +
         track;
}

class MidiTools : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(jack_.start());
    synth_.emplace("synth");
  }
  // Plays `notes` to the mappings, and waits for what has to come of it.
  std::vector<Message> play(const std::string& mappings, const std::vector<int>& notes,
                            std::size_t messages) {
    write_text(scratch_.path("p.toml"),
               "[plugins.midi-tools]\nunsigned = true\ngrant = [\"midi:out\"]\nmodule = \"" +
                   guest("midi-tools") +
                   "\"\n[plugins.midi-tools.settings]\nport = \"synth\"\nchannel = 3\n" + mappings);
    write_text(scratch_.path("song.mid"), song(notes));
    const Finished done = run_midimon(
        scratch_, {"run", "-c", scratch_.path("p.toml"), "--midi-file", scratch_.path("song.mid")});
    EXPECT_EQ(done.status, 0) << done.out << done.err;
    EXPECT_TRUE(synth_->gets(messages)) << done.out << done.err;
    return synth_->take();
  }
  static std::string mapping(int note, const std::string& action, const std::string& params,
                             const std::string& release = {}) {
    const auto plugin = [](const std::string& what, const std::string& with) {
      return "{ type = \"Plugin\", plugin = \"midi-tools\", action = \"" + what +
             "\", params = " + with + " }";
    };
    return "[[global_mappings]]\ntrigger = { type = \"Note\", note = " + std::to_string(note) +
           " }\naction = " + plugin(action, params) + "\n" +
           (release.empty() ? "" : "on_release = " + plugin("release", release) + "\n");
  }

  Scratch scratch_;
  TestJack jack_;
  std::optional<Synth> synth_;
};

TEST_F(MidiTools, AChordSoundsAsLongAsItsKeyIsDown) {
  const auto got = play(
      mapping(60, "chord", R"({ root = "C4", chord = "minor7", inversion = 1 })", "{ note = 60 }"),
      {60}, 8);
  EXPECT_THAT(got, ElementsAre(Message{0x92, 63, 80}, Message{0x92, 67, 80}, Message{0x92, 70, 80},
                               Message{0x92, 72, 80}, Message{0x82, 63, 64}, Message{0x82, 67, 64},
                               Message{0x82, 70, 64}, Message{0x82, 72, 64}));
}

TEST_F(MidiTools, AnArpeggioGoesOnFromPressToPress) {
  const auto got =
      play(mapping(60, "arpeggio", R"({ root = 48, pattern = "up-down", velocity = 9 })"),
           {60, 60, 60, 60, 60}, 9);
  std::vector<int> notes;
  for (const Message& message : got) {
    if (message[0] == 0x92) notes.push_back(message[1]);
  }
  EXPECT_THAT(notes, ElementsAre(48, 52, 55, 52, 48));
  EXPECT_THAT(got[1], ElementsAre(0x82, 48, 64)) << "the last one ends before the next begins";
  EXPECT_THAT(got[2], ElementsAre(0x92, 52, 9));
}

TEST_F(MidiTools, NotesFindTheirPlaceInAScaleAndInAnotherKey) {
  const auto got =
      play(mapping(61, "scale",
                   R"({ note = "C#4", tonic = "C", scale = "minor-pentatonic", direction = "up" })",
                   R"({ note = "C#4" })") +
               mapping(62, "transpose", R"({ note = "D4", semitones = -12, channel = 1 })",
                       R"({ note = "D4", channel = 1 })"),
           {61, 62}, 4);
  EXPECT_THAT(got, ElementsAre(Message{0x92, 63, 80}, Message{0x82, 63, 64}, Message{0x90, 50, 80},
                               Message{0x80, 50, 64}));
}

TEST_F(MidiTools, AllThatSoundsCanBeEnded) {
  const auto got =
      play(mapping(60, "chord", R"({ root = "C4", chord = "power" })") +
               mapping(61, "chord", R"({ root = "A3", chord = "power", channel = 5 })") +
               mapping(62, "all_off", "{}"),
           {60, 61, 62, 62}, 8);
  int sounding = 0;
  for (const Message& message : got)
    sounding += message[0] >= 0x90 ? 1 : -1;
  EXPECT_EQ(sounding, 0);
  EXPECT_EQ(got.size(), 8U);
}

// By hand: what is wrong is said and nothing is sent.
class MidiToolsParams : public ::testing::Test {
 protected:
  json call(const std::string& action, const json& params) {
    const Finished done =
        run_midimon(scratch_, {"plugin", "run", guest("midi-tools"), "--unsigned", action,
                               "--params", params.dump(), "--json", "--grant", "midi:out"});
    return json::parse(done.out, nullptr, false);
  }
  Scratch scratch_;
};

TEST_F(MidiToolsParams, WhatIsNoNoteIsSaid) {
  std::vector<json> all = {json{{"root", "C4"}, {"chord", "nice"}}};
  for (const char* note : {"H4", "C", "C10", "128", "G#9", "-1", "c4x"})
    all.push_back({{"root", note}});
  expect_refused(scratch_, "midi-tools", "chord", all);
  EXPECT_THAT(call("transpose", {{"note", "C4"}, {"semitones", 100}})["message"],
              HasSubstr("no note any more"));
}

TEST_F(MidiToolsParams, WithoutTheGrantNothingIsSent) {
  const Finished done = run_midimon(scratch_, {"plugin", "run", guest("midi-tools"), "--unsigned",
                                               "chord", "--params", R"({"root": "C4"})"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("midi:out"));
}

}  // namespace
}  // namespace midimon::testing
