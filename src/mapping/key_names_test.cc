#include "mapping/key_names.h"

#include <gtest/gtest.h>

#include <string>

namespace midimon {
namespace {

KeyChord chord(std::string_view text) {
  const auto parsed = parse_chord(text);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed.value_or(KeyChord{});
}

std::string error_of(std::string_view text) {
  const auto parsed = parse_chord(text);
  return parsed ? "no error" : parsed.error().message;
}

TEST(ParseKey, KnowsKeysByNameInAnyCase) {
  EXPECT_EQ(parse_key("space"), 0x20U);
  EXPECT_EQ(parse_key("Return"), 0xff0dU);
  EXPECT_EQ(parse_key("ENTER"), 0xff0dU);
  EXPECT_EQ(parse_key("f24"), 0xffd5U);
  EXPECT_EQ(parse_key("play_pause"), 0x1008ff14U);
  EXPECT_EQ(parse_key("f25"), std::nullopt);
  EXPECT_EQ(parse_key(""), std::nullopt);
}

TEST(ParseKey, ACharacterIsItselfInItsOwnCase) {
  EXPECT_EQ(parse_key("a"), 0x61U);
  EXPECT_EQ(parse_key("A"), 0x41U);
  EXPECT_EQ(parse_key("ß"), 0xdfU);
  EXPECT_EQ(parse_key("€"), 0x010020acU);
  EXPECT_EQ(parse_key("😀"), 0x0101f600U);
  EXPECT_EQ(parse_key("\t"), std::nullopt) << "control characters have names";
  EXPECT_EQ(parse_key("\xC2\x85"), std::nullopt);
  EXPECT_EQ(parse_key("\xFF"), std::nullopt);
}

TEST(ParseModifier, KnowsEachByAllItsNames) {
  EXPECT_EQ(parse_modifier("Ctrl"), kControl);
  EXPECT_EQ(parse_modifier("control"), kControl);
  EXPECT_EQ(parse_modifier("shift"), kShift);
  EXPECT_EQ(parse_modifier("option"), kAlt);
  for (const char* name : {"super", "cmd", "Command", "win", "META"})
    EXPECT_EQ(parse_modifier(name), kSuper) << name;
  EXPECT_EQ(parse_modifier("hyper"), std::nullopt);
}

TEST(ParseChord, ModifiersStandBeforeTheKey) {
  EXPECT_EQ(chord("ctrl+shift+s"), (KeyChord{kControl | kShift, 's'}));
  EXPECT_EQ(chord("F5"), (KeyChord{0, 0xffc2}));
  EXPECT_EQ(chord("ctrl+alt"), (KeyChord{kControl | kAlt, 0})) << "modifiers alone are a chord";
}

TEST(ParseChord, APlusAtItsPlaceIsTheKey) {
  EXPECT_EQ(chord("+"), (KeyChord{0, '+'}));
  EXPECT_EQ(chord("ctrl++"), (KeyChord{kControl, '+'}));
  EXPECT_EQ(chord("ctrl+plus"), (KeyChord{kControl, '+'}));
  EXPECT_EQ(error_of("ctrl+"),
            "there is no key \"ctrl+\": keys are single characters and names "
            "such as space, return, F5, left or play_pause");
}

TEST(ParseChord, NamesWhatIsNoKeyAndWhatIsNoModifier) {
  EXPECT_EQ(error_of("ctrl+retrun"), "there is no key \"retrun\"; did you mean \"return\"?");
  EXPECT_EQ(error_of("s+ctrl"), "\"s\" is no modifier: they are ctrl, shift, alt and super");
  EXPECT_EQ(error_of("hyper+s"), "\"hyper\" is no modifier: they are ctrl, shift, alt and super");
  EXPECT_NE(error_of("").find("there is no key \"\""), std::string::npos);
}

TEST(ChordText, ReadsAsItIsWritten) {
  for (const char* text : {"ctrl+shift+alt+super+s", "return", "ctrl+plus", "€", "shift", "😀",
                           "super+keypad_0", "A"}) {
    EXPECT_EQ(to_text(chord(text)), text);
  }
  EXPECT_EQ(to_text(chord("CMD+enter")), "super+return") << "of several ways the first";
}

}  // namespace
}  // namespace midimon
