#include "midi/split_messages.h"

#include <gtest/gtest.h>

#include <string>

namespace midimon {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::string text(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST(SplitMessages, FindsEachWholeMessage) {
  const auto all = split_messages(
      text({0x90, 60, 100, 0xC3, 7, 0xF0, 1, 2, 0xF7, 0xF8, 0xF2, 1, 2, 0xF0, 0xF7, 0xF6}));
  ASSERT_TRUE(all);
  EXPECT_EQ(*all, (std::vector<Bytes>{{0x90, 60, 100},
                                      {0xC3, 7},
                                      {0xF0, 1, 2, 0xF7},
                                      {0xF8},
                                      {0xF2, 1, 2},
                                      {0xF0, 0xF7},
                                      {0xF6}}));
  EXPECT_TRUE(split_messages("")->empty());
}

TEST(SplitMessages, RefusesAllThatIsNotWhole) {
  for (const Bytes& bytes :
       {Bytes{60}, Bytes{0x90, 60}, Bytes{0x90, 60, 0x80}, Bytes{0x90, 60, 1, 61, 1}, Bytes{0xF0},
        Bytes{0xF0, 1, 0xF8, 0xF7}, Bytes{0xF0, 1, 0xF0, 0xF7}, Bytes{0xF7}, Bytes{0xF4},
        Bytes{0xF5}, Bytes{0xF9}, Bytes{0xFD}, Bytes{0xC0}, Bytes{0xF8, 1}}) {
    EXPECT_FALSE(split_messages(text(bytes))) << ::testing::PrintToString(bytes);
  }
}

}  // namespace
}  // namespace midimon
