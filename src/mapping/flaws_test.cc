#include "mapping/flaws.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "mapping/profile_toml.h"

namespace midimon {
namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view kDelay = ", action = { type = \"Delay\", ms = 1 }";

std::string mapping(const std::string& trigger, const std::string& more = "") {
  return "  { trigger = { " + trigger + " }" + std::string(kDelay) + more + " },\n";
}

Lines flaws(const std::string& toml) {
  const auto profile = parse_profile(toml, "p.toml");
  if (!profile) throw std::runtime_error(profile.error().message);
  Lines out;
  for (const Flaw& flaw : find_flaws(*profile))
    out.push_back(std::to_string(flaw.pos.line) + " " + flaw.text);
  return out;
}

Lines of_global(const std::string& mappings) {
  return flaws("global_mappings = [\n" + mappings + "]\n");
}

const std::string kC2 = "type = \"Note\", note = 36";

TEST(Flaws, AProfileThatMakesSenseHasNone) {
  EXPECT_EQ(of_global(mapping(kC2) + mapping("type = \"LongPress\", note = 36") +
                      mapping("type = \"Note\", note = 37") + mapping("type = \"CC\", cc = 36")),
            Lines{});
}

TEST(Flaws, WhatAnEarlierMappingConsumesNeverRuns) {
  EXPECT_EQ(of_global(mapping(kC2, ", consume = true") + mapping(kC2 + ", channel = 1")),
            (Lines{"3 this never runs: the mapping on line 2 consumes all it asks for"}));
  EXPECT_EQ(of_global(mapping(kC2 + ", channel = 1", ", consume = true") + mapping(kC2)), Lines{})
      << "it runs on the other channels";
  EXPECT_EQ(of_global(mapping(kC2,
                              ", consume = true, condition = { type = \"TimeRange\", start = "
                              "\"10:00\", end = \"11:00\" }") +
                      mapping(kC2)),
            Lines{})
      << "it runs at other times";
}

TEST(Flaws, TwoMappingsForTheSameBothRun) {
  EXPECT_EQ(of_global(mapping(kC2) + mapping("type = \"CC\", cc = 1") + mapping(kC2)),
            (Lines{"4 this asks for the same as the mapping on line 2: both run"}));
}

TEST(Flaws, AConditionThatNeverHoldsIsNamed) {
  EXPECT_EQ(of_global(mapping(kC2,
                              ", condition = { type = \"And\", conditions = [{ type = "
                              "\"Always\" }, { type = \"Never\" }] }")),
            (Lines{"2 this never runs: its condition never holds here ((always and never))"}));
  EXPECT_EQ(
      flaws("[[modes]]\nname = \"A\"\nmappings = [\n" +
            mapping(kC2, ", condition = { type = \"ModeIs\", mode = 1 }") +
            "]\n[[modes]]\nname = \"B\"\n[[global_mappings]]\ntrigger = { type = \"Start\" }\n"
            "action = { type = \"ModeChange\", mode = \"B\" }\n"),
      (Lines{"4 this never runs: its condition never holds here (in mode B)"}));
}

TEST(Flaws, AGlobalMappingThatEveryModeConsumesNeverRuns) {
  const std::string consuming = "mappings = [\n" + mapping(kC2, ", consume = true") + "]\n";
  const std::string start = "[[modes]]\nname = \"A\"\n" + consuming + "[[modes]]\nname = \"B\"\n";
  const std::string global =
      "[[global_mappings]]\ntrigger = { type = \"Note\", note = 36 }\naction = { type = "
      "\"ModeChange\", mode = \"B\" }\n";
  EXPECT_EQ(flaws(start + global), Lines{});
  EXPECT_EQ(flaws(start + consuming + global),
            (Lines{"11 this never runs: in every mode a mapping consumes all it asks for"}));
}

TEST(Flaws, AModeThatNothingLeadsToIsNamed) {
  const std::string modes =
      "[[modes]]\nname = \"A\"\n[[modes]]\nname = \"B\"\n[[modes]]\nname = "
      "\"C\"\n[[modes.mappings]]\ntrigger = { type = \"Start\" }\naction = { "
      "type = \"ModeChange\", mode = \"B\" }\n";
  EXPECT_EQ(flaws(modes),
            (Lines{"3 no ModeChange leads to mode \"B\"", "5 no ModeChange leads to mode \"C\""}))
      << "C leads to B, but nothing to C";
  EXPECT_EQ(
      flaws(modes + "[[global_mappings]]\ntrigger = { type = \"Stop\" }\naction = { type = "
                    "\"Conditional\", condition = { type = \"Always\" }, then_action = { type "
                    "= \"ModeChange\", mode = \"C\" } }\n"),
      Lines{});
}

}  // namespace
}  // namespace midimon
