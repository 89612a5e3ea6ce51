#include "midi/note_name.h"

#include <gtest/gtest.h>

namespace midimon {
namespace {

TEST(ParseNote, C4Is60) {
  EXPECT_EQ(parse_note("C4"), 60);
  EXPECT_EQ(parse_note("A4"), 69);
  EXPECT_EQ(parse_note("F#3"), 54);
  EXPECT_EQ(parse_note("Eb2"), 39);
  EXPECT_EQ(parse_note("C-1"), 0);
  EXPECT_EQ(parse_note("G9"), 127);
}

TEST(ParseNote, SharpsAndFlatsMayCrossAnOctaveAndRepeat) {
  EXPECT_EQ(parse_note("Cb4"), 59);
  EXPECT_EQ(parse_note("B#3"), 60);
  EXPECT_EQ(parse_note("bb3"), 58);
  EXPECT_EQ(parse_note("F##3"), 55);
}

TEST(ParseNote, RefusesWhatIsNoNote) {
  for (const char* name : {"", "C", "4", "H4", "C4 ", " C4", "C#", "C4#", "Cb-1", "G#9", "C10",
                           "C--1", "C+4", "C99999999999", "C-2"}) {
    EXPECT_EQ(parse_note(name), std::nullopt) << name;
  }
}

TEST(NoteName, IsReadBackAsTheSameNote) {
  EXPECT_EQ(note_name(60), "C4");
  EXPECT_EQ(note_name(0), "C-1");
  EXPECT_EQ(note_name(54), "F#3");
  for (std::uint8_t note = 0; note < 128; ++note)
    EXPECT_EQ(parse_note(note_name(note)), note);
}

}  // namespace
}  // namespace midimon
