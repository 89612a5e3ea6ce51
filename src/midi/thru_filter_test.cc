#include "midi/thru_filter.h"

#include <gtest/gtest.h>

namespace midimon {
namespace {

const Message kNote = make_message(MessageKind::note_on, 2, 60, 100);

TEST(ThruFilter, WithoutLimitsAllMusicPasses) {
  const ThruFilter filter;
  EXPECT_EQ(filter.pass(kNote), kNote);
  for (const int status :
       {0x80, 0x90, 0xA0, 0xB0, 0xC0, 0xD0, 0xE0, 0xF0, 0xF1, 0xF2, 0xF3, 0xF8, 0xFA, 0xFB, 0xFC}) {
    EXPECT_TRUE(filter.pass({static_cast<std::uint8_t>(status), 1, 2})) << status;
  }
}

TEST(ThruFilter, WhatIsBetweenTwoDevicesAloneDoesNot) {
  const ThruFilter filter;
  for (const int status : {0xF6, 0xFE, 0xFF})
    EXPECT_FALSE(filter.pass({static_cast<std::uint8_t>(status), 0, 0})) << status;
}

TEST(ThruFilter, KindsChannelsAndNotesNarrowIt) {
  ThruFilter filter;
  filter.kinds = thru::kNotes;
  EXPECT_TRUE(filter.pass(kNote));
  EXPECT_FALSE(filter.pass(make_message(MessageKind::control_change, 2, 7, 1)));
  filter.channels = 1U << 2U;
  EXPECT_TRUE(filter.pass(kNote));
  EXPECT_FALSE(filter.pass(make_message(MessageKind::note_on, 3, 60, 100)));
  filter.note_min = 60;
  filter.note_max = 60;
  EXPECT_TRUE(filter.pass(kNote));
  EXPECT_FALSE(filter.pass(make_message(MessageKind::note_off, 2, 59)));
  EXPECT_FALSE(filter.pass(make_message(MessageKind::poly_pressure, 2, 61, 1)));
}

TEST(ThruFilter, ChannelsAndNotesAreOfChannelMessages) {
  ThruFilter filter;
  filter.channels = 0;
  filter.note_max = 0;
  EXPECT_TRUE(filter.pass({0xF8, 0, 0}));
  EXPECT_TRUE(filter.pass({0xF0, 0, 0}));
}

TEST(ThruFilter, AMessageCanGoToAnotherChannel) {
  ThruFilter filter;
  filter.to_channel = 9;
  EXPECT_EQ(filter.pass(kNote), make_message(MessageKind::note_on, 9, 60, 100));
  EXPECT_EQ(filter.pass({0xFA, 0, 0}), (Message{0xFA, 0, 0}));
}

}  // namespace
}  // namespace midimon
