#include "mapping/recognizer.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "mapping/profile_toml.h"
#include "midi/note_name.h"

namespace midimon {
namespace {

using std::chrono::milliseconds;
using Lines = std::vector<std::string>;

// Plays notes through a profile and tells which mappings were called for. A ModeChange among them
// is done at once.
class Player {
 public:
  explicit Player(std::string_view toml) {
    auto profile = parse_profile(toml, "pad.toml");
    if (!profile) throw std::runtime_error(profile.error().message);
    recognizer_ = std::make_unique<Recognizer>(
        std::make_shared<const Profile>(std::move(*profile)), no_facts(),
        RecognizerHooks{[this](const Gesture&, std::span<const Mapping* const> mappings) {
                          for (const Mapping* mapping : mappings)
                            run(*mapping);
                        },
                        [this](std::size_t before, std::size_t now) {
                          told_.push_back(std::to_string(before) + "->" + std::to_string(now));
                        }});
  }

  Player& press(const char* note, int ms = 0) { return send(MessageKind::note_on, note, ms, 100); }
  Player& release(const char* note, int ms = 0) { return send(MessageKind::note_off, note, ms, 0); }
  // What follows is done with the controller that has this number, and is this device.
  Player& on(std::size_t source, std::optional<std::size_t> device = std::nullopt) {
    source_ = source;
    if (device) recognizer_->set_source(source, device);
    return *this;
  }
  Player& disconnect_source() {
    recognizer_->disconnect_source(source_, {});
    return *this;
  }
  Player& wait(int ms) {
    recognizer_->advance(milliseconds(ms));
    return *this;
  }
  Player& disconnect() {
    recognizer_->disconnect({});
    return *this;
  }
  [[nodiscard]] const Lines& told() const { return told_; }

 private:
  Player& send(MessageKind kind, const char* note, int ms, int velocity) {
    recognizer_->feed(make_message(kind, 0, *parse_note(note), velocity), milliseconds(ms),
                      source_);
    return *this;
  }
  void run(const Mapping& mapping) {
    told_.push_back(mapping.description);
    if (const auto* change = std::get_if<ModeChange>(&mapping.action.what)) {
      recognizer_->set_mode(change->mode);
    }
  }

  std::unique_ptr<Recognizer> recognizer_;
  std::size_t source_ = 0;
  Lines told_;
};

constexpr std::string_view kLayers = R"(
[[modes]]
name = "A"
mappings = [
  { description = "a", trigger = { type = "Note", note = "E2" }, action = { type = "Delay", ms = 0 } },
]
[[modes]]
name = "B"
mappings = [
  { description = "b", trigger = { type = "Note", note = "E2" }, action = { type = "Delay", ms = 0 } },
]
[[modes]]
name = "C"
[[global_mappings]]
description = "hold B"
trigger = { type = "Note", note = "C2" }
action = { type = "ModeChange", mode = "B", while_held = true }
[[global_mappings]]
description = "hold C"
trigger = { type = "Note", note = "D2" }
action = { type = "ModeChange", mode = "C", while_held = true }
)";

TEST(Recognizer, AModeLastsAsLongAsTheNoteThatHoldsIt) {
  EXPECT_EQ(Player(kLayers).press("C2").press("E2").release("C2").press("E2").told(),
            (Lines{"hold B", "0->1", "b", "1->0", "a"}));
}

TEST(Recognizer, LayersComeOffInAnyOrder) {
  EXPECT_EQ(Player(kLayers).press("C2").press("D2").release("D2").release("C2").told(),
            (Lines{"hold B", "0->1", "hold C", "1->2", "2->1", "1->0"}));
  EXPECT_EQ(Player(kLayers).press("C2").press("D2").release("C2").release("D2").told(),
            (Lines{"hold B", "0->1", "hold C", "1->2", "2->0"}));
}

TEST(Recognizer, ADisconnectEndsTheModesThatAreHeld) {
  EXPECT_EQ(Player(kLayers).press("C2").press("D2").disconnect().told(),
            (Lines{"hold B", "0->1", "hold C", "1->2", "2->0"}));
}

TEST(Recognizer, AReleaseBelongsToTheModeOfItsPress) {
  constexpr std::string_view kProfile = R"(
[[modes]]
name = "A"
mappings = [
  { description = "to B", trigger = { type = "Note", note = 60 }, action = { type = "ModeChange", mode = "B" } },
  { description = "released in A", trigger = { type = "NoteRelease", note = 60 }, action = { type = "Delay", ms = 0 } },
  { description = "held in A", trigger = { type = "LongPress", note = 60, duration_ms = 500 }, action = { type = "Delay", ms = 0 } },
]
[[modes]]
name = "B"
mappings = [
  { description = "released in B", trigger = { type = "NoteRelease", note = 60 }, action = { type = "Delay", ms = 0 } },
]
)";
  EXPECT_EQ(
      Player(kProfile).press("C4").release("C4", 100).press("C4", 200).release("C4", 300).told(),
      (Lines{"to B", "0->1", "released in A", "released in B"}));
  EXPECT_EQ(Player(kProfile).press("C4").wait(500).release("C4", 600).told(),
            (Lines{"held in A", "released in A"}));
}

TEST(Recognizer, AnImmediateNoteDoesNotWait) {
  constexpr std::string_view kProfile = R"(
global_mappings = [
  { description = "now", trigger = { type = "Note", note = 60, immediate = true }, action = { type = "Delay", ms = 0 } },
  { description = "tap", trigger = { type = "Note", note = 60 }, action = { type = "Delay", ms = 0 } },
  { description = "twice", trigger = { type = "DoubleTap", note = 60 }, action = { type = "Delay", ms = 0 } },
]
)";
  EXPECT_EQ(Player(kProfile).press("C4").told(), (Lines{"now"}));
  EXPECT_EQ(Player(kProfile).press("C4").release("C4", 50).wait(300).told(), (Lines{"now", "tap"}));
  EXPECT_EQ(Player(kProfile).press("C4").release("C4", 50).press("C4", 100).told(),
            (Lines{"now", "twice"}));
}

constexpr std::string_view kTwoDevices = R"(
[[devices]]
alias = "left"
name = "Launchpad"
[[devices]]
alias = "right"
name = "Mini"
[[modes]]
name = "A"
[[modes.mappings]]
description = "left"
device = "left"
trigger = { type = "Note", note = "C4" }
action = { type = "Delay", ms = 1 }
[[modes.mappings]]
description = "left held"
device = "left"
trigger = { type = "LongPress", note = "D4", duration_ms = 500 }
action = { type = "Delay", ms = 1 }
[[modes.mappings]]
description = "right"
device = "right"
trigger = { type = "Note", note = "C4" }
action = { type = "Delay", ms = 1 }
[[modes.mappings]]
description = "any"
trigger = { type = "Note", note = "D4" }
action = { type = "Delay", ms = 1 }
[[modes.mappings]]
description = "chord"
trigger = { type = "NoteChord", notes = ["E4", "F4"] }
action = { type = "Delay", ms = 1 }
[[modes.mappings]]
description = "held"
trigger = { type = "Note", note = "G4" }
action = { type = "ModeChange", mode = "B", while_held = true }
[[modes]]
name = "B"
)";

TEST(RecognizerOfSeveral, AMappingListensToItsDeviceAlone) {
  Player player(kTwoDevices);
  player.on(0, 0).press("C4").on(1, 1).press("C4").on(2).press("C4");
  EXPECT_EQ(player.told(), Lines({"left", "right"}));
}

TEST(RecognizerOfSeveral, WhatOneDeviceWaitsForDoesNotHoldUpAnother) {
  Player player(kTwoDevices);
  player.on(0, 0).press("D4", 0).on(1, 1).press("D4", 10);
  EXPECT_EQ(player.told(), Lines({"any"})) << "the right one has no long press";
  player.wait(500);
  EXPECT_EQ(player.told(), Lines({"any", "left held"}));
}

TEST(RecognizerOfSeveral, NotesOfTwoControllersAreNoChord) {
  Player player(kTwoDevices);
  player.on(0, 0).press("E4", 0).on(1, 1).press("F4", 10).wait(1000);
  EXPECT_EQ(player.told(), Lines());
  player.on(0).release("E4", 1100).press("E4", 1200).press("F4", 1210);
  EXPECT_EQ(player.told(), Lines({"chord"}));
}

TEST(RecognizerOfSeveral, ALayerEndsWithTheNoteOfTheControllerThatHoldsIt) {
  Player player(kTwoDevices);
  player.on(0, 0).press("G4").on(1, 1).release("G4");
  EXPECT_EQ(player.told(), Lines({"held", "0->1"}));
  player.on(0).release("G4");
  EXPECT_EQ(player.told(), Lines({"held", "0->1", "1->0"}));
}

TEST(RecognizerOfSeveral, OneThatGoesReleasesWhatItHeldAndNoMore) {
  Player player(kTwoDevices);
  player.on(1, 1).press("G4").on(0, 0).disconnect_source();
  EXPECT_EQ(player.told(), Lines({"held", "0->1"}));
  player.on(1).disconnect_source();
  EXPECT_EQ(player.told(), Lines({"held", "0->1", "1->0"}));
}

TEST(RecognizerOfSeveral, WaitsOfAllEndInTheOrderOfTime) {
  Player player(kTwoDevices);
  player.on(0, 0).press("D4", 100).on(3, 0).press("D4", 0).wait(1000);
  EXPECT_EQ(player.told(), Lines({"left held", "left held"}));
}

}  // namespace
}  // namespace midimon
