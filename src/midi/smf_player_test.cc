#include "midi/smf_player.h"

#include <gtest/gtest.h>

namespace midimon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// One press per second, from 0 on.
Smf song(int presses) {
  Smf smf;
  for (int i = 0; i < presses; ++i) {
    smf.messages.push_back({seconds(i), 0, make_message(MessageKind::note_on, 0, 60 + i, 100)});
  }
  return smf;
}

PlaySpeed speed(std::string_view text) {
  return PlaySpeed::parse(text).value();
}

TEST(SmfPlayer, GivesMessagesWhenTheyAreDueAndNotBefore) {
  SmfPlayer player(song(2), PlaySpeed(), seconds(100));
  EXPECT_EQ(player.next_due(), seconds(100));
  ASSERT_TRUE(player.take_due(seconds(100)));
  EXPECT_EQ(player.next_due(), seconds(101));
  EXPECT_FALSE(player.take_due(milliseconds(100'999)));
  const auto second = player.take_due(seconds(105));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->at, seconds(101)) << "a late taker still learns when it was due";
  EXPECT_EQ(second->song_time, seconds(1));
  EXPECT_EQ(second->message.data1, 61);
}

TEST(SmfPlayer, IsDoneWhenAllIsTaken) {
  SmfPlayer player(song(1), PlaySpeed(), {});
  EXPECT_FALSE(player.done());
  EXPECT_TRUE(player.take_due({}));
  EXPECT_TRUE(player.done());
  EXPECT_EQ(player.taken(), 1U);
  EXPECT_FALSE(player.next_due());
  EXPECT_FALSE(player.take_due(seconds(1000)));
}

TEST(SmfPlayer, AnEmptyFileIsDoneAtOnce) {
  SmfPlayer player(Smf{}, PlaySpeed::max(), {});
  EXPECT_TRUE(player.done());
  EXPECT_FALSE(player.next_due());
}

TEST(SmfPlayer, SpeedDividesTheTimes) {
  SmfPlayer fast(song(3), speed("4"), {});
  SmfPlayer slow(song(3), speed("0.5x"), {});
  EXPECT_TRUE(fast.take_due({}));
  EXPECT_TRUE(slow.take_due({}));
  EXPECT_EQ(fast.next_due(), milliseconds(250));
  EXPECT_EQ(slow.next_due(), seconds(2));
}

TEST(SmfPlayer, AtMaxSpeedAllIsDueAtOnceAndStampedWithNow) {
  SmfPlayer player(song(3), PlaySpeed::max(), seconds(7));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(player.next_due(), seconds(7));
    const auto due = player.take_due(seconds(8));
    ASSERT_TRUE(due);
    EXPECT_EQ(due->at, seconds(8));
    EXPECT_EQ(due->song_time, seconds(i));
  }
}

TEST(SmfPlayer, TheLongestFileAtTheSlowestSpeedDoesNotOverflow) {
  Smf smf;
  smf.messages.push_back({kMaxSmfLength, 0, {}});
  SmfPlayer player(smf, speed("0.001"), {});
  EXPECT_EQ(player.next_due(), kMaxSmfLength * 1000);
}

TEST(PlaySpeed, ReadsFactorsExactly) {
  EXPECT_TRUE(speed("max").is_max());
  EXPECT_EQ(speed("1").scale(seconds(1)), seconds(1));
  EXPECT_EQ(speed("1.25").scale(seconds(5)), seconds(4));
  EXPECT_EQ(speed("1000").scale(seconds(1)), milliseconds(1));
  EXPECT_EQ(speed("0.001").scale(seconds(1)), seconds(1000));
}

TEST(PlaySpeed, RefusesWhatIsNoFactorInItsRange) {
  for (const char* text :
       {"", "x", "0", "0.000", "-1", "-", "+1", "1.", ".5", "1001", "0.0001", "1000.001", "1e3",
        "fast", "inf", "nan", "1.-5", "99999999999999999999"}) {
    EXPECT_FALSE(PlaySpeed::parse(text)) << text;
  }
}

}  // namespace
}  // namespace midimon
