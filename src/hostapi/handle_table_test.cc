#include "hostapi/handle_table.h"

#include <gtest/gtest.h>

#include <limits>

namespace midimon::hostapi {
namespace {

using Table = HandleTable<int, 3>;

TEST(HandleTable, FindsWhatIsOpenAndNothingElse) {
  Table table;
  const auto one = table.add(std::make_unique<int>(1));
  const auto two = table.add(std::make_unique<int>(2));
  ASSERT_TRUE(one && two);
  EXPECT_NE(*one, 0U);
  EXPECT_EQ(*table.find(*one), 1);
  EXPECT_EQ(*table.find(*two), 2);
  for (const std::uint32_t made_up :
       {0U, 3U, 4U, 255U, 256U, 257U, 0x80000001U, std::numeric_limits<std::uint32_t>::max()}) {
    EXPECT_EQ(table.find(made_up), nullptr) << made_up;
    EXPECT_EQ(table.take(made_up), nullptr) << made_up;
  }
}

TEST(HandleTable, RefusesAStaleHandleWhoseSlotIsInUseAgain) {
  Table table;
  const auto old = table.add(std::make_unique<int>(1));
  EXPECT_EQ(*table.take(*old), 1);
  const auto next = table.add(std::make_unique<int>(2));
  EXPECT_NE(*old, *next);
  EXPECT_EQ(table.find(*old), nullptr);
  EXPECT_EQ(table.take(*old), nullptr);
  EXPECT_EQ(*table.find(*next), 2);
}

TEST(HandleTable, IsBoundedAndHasRoomAgain) {
  Table table;
  std::optional<std::uint32_t> last;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(table.has_room());
    last = table.add(std::make_unique<int>(i));
  }
  EXPECT_FALSE(table.has_room());
  EXPECT_FALSE(table.add(std::make_unique<int>(4)));
  table.take(*last);
  EXPECT_TRUE(table.has_room());
  table.clear();
  EXPECT_EQ(table.find(*last), nullptr);
  EXPECT_TRUE(table.add(std::make_unique<int>(5)));
}

}  // namespace
}  // namespace midimon::hostapi
