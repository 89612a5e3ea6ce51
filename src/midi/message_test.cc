#include "midi/message.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace midimon {
namespace {

TEST(Message, IsThreePlainBytes) {
  EXPECT_TRUE(std::is_trivially_copyable_v<Message>);
  EXPECT_TRUE(std::is_standard_layout_v<Message>);
}

TEST(Message, KnowsItsKindAndChannel) {
  const Message message{0x93, 60, 100};
  EXPECT_EQ(message.kind(), MessageKind::note_on);
  EXPECT_EQ(message.channel(), 3);
  EXPECT_EQ(message, make_message(MessageKind::note_on, 3, 60, 100));
}

TEST(Message, NoteOnWithVelocityZeroIsARelease) {
  EXPECT_TRUE((Message{0x90, 60, 1}.is_press()));
  EXPECT_FALSE((Message{0x90, 60, 1}.is_release()));
  EXPECT_FALSE((Message{0x90, 60, 0}.is_press()));
  EXPECT_TRUE((Message{0x90, 60, 0}.is_release()));
  EXPECT_TRUE((Message{0x80, 60, 64}.is_release()));
  EXPECT_FALSE((Message{0xB0, 60, 0}.is_release()));
}

TEST(Message, BendIsCentredOnZero) {
  EXPECT_EQ((Message{0xE0, 0, 0x40}.bend()), 0);
  EXPECT_EQ((Message{0xE0, 0, 0}.bend()), -8192);
  EXPECT_EQ((Message{0xE0, 0x7F, 0x7F}.bend()), 8191);
}

TEST(Message, KnowsSystemMessagesByTheirWholeStatus) {
  EXPECT_EQ((Message{0xF8, 0, 0}.kind()), MessageKind::clock);
  EXPECT_EQ(to_string(Message{0xFB, 0, 0}.kind()), "continue");
  EXPECT_EQ((Message{0xF2, 1, 2}.wide()), 257);
}

TEST(Message, AllNotesOffIsAControlChangeOfItsOwn) {
  EXPECT_TRUE((Message{0xB0, 123, 0}.is_all_notes_off()));
  EXPECT_TRUE((Message{0xBF, 120, 0}.is_all_notes_off()));
  EXPECT_FALSE((Message{0xB0, 121, 0}.is_all_notes_off()));
  EXPECT_FALSE((Message{0x90, 123, 1}.is_all_notes_off()));
}

TEST(Message, KnowsHowManyDataBytesEachKindHas) {
  EXPECT_EQ(data_size(MessageKind::program_change), 1);
  EXPECT_EQ(data_size(MessageKind::channel_pressure), 1);
  EXPECT_EQ(data_size(MessageKind::note_on), 2);
  EXPECT_EQ(data_size(MessageKind::pitch_bend), 2);
  EXPECT_EQ(data_size(MessageKind::song_position), 2);
  EXPECT_EQ(data_size(MessageKind::song_select), 1);
  EXPECT_EQ(data_size(MessageKind::clock), 0);
}

TEST(Message, MakingOneKeepsEveryByteInItsRange) {
  const Message message = make_message(MessageKind::control_change, 17, 128, 255);
  EXPECT_EQ(message, (Message{0xB1, 0, 127}));
}

}  // namespace
}  // namespace midimon
