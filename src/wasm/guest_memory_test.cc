#include "wasm/guest_memory.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace midimon::wasm {
namespace {

struct Pair {
  std::uint32_t a;
  std::uint64_t b;
};
static_assert(sizeof(Pair) == 16 && alignof(Pair) == 8);

constexpr std::uint32_t kMax = 0xFFFFFFFF;

class GuestMemoryTest : public testing::Test {
 protected:
  std::array<std::byte, 64> bytes_{};
  GuestMemory memory_{bytes_.data(), bytes_.size()};
};

TEST_F(GuestMemoryTest, ContainsEveryRangeInsideAndNoOther) {
  EXPECT_TRUE(memory_.contains(0, 0));
  EXPECT_TRUE(memory_.contains(0, 64));
  EXPECT_TRUE(memory_.contains(63, 1));
  EXPECT_TRUE(memory_.contains(64, 0));
  EXPECT_FALSE(memory_.contains(65, 0));
  EXPECT_FALSE(memory_.contains(64, 1));
  EXPECT_FALSE(memory_.contains(63, 2));
  EXPECT_FALSE(memory_.contains(0, 65));
}

TEST_F(GuestMemoryTest, SumsThatWrapAreOutside) {
  EXPECT_FALSE(memory_.contains(kMax, 1));
  EXPECT_FALSE(memory_.contains(kMax, 2));  // 2^32 + 1, which is 1 in 32 bits
  EXPECT_FALSE(memory_.contains(1, kMax));
  EXPECT_FALSE(memory_.contains(kMax, kMax));
  EXPECT_FALSE(memory_.contains(1, ~std::uint64_t{0}));  // 2^64
  EXPECT_FALSE(memory_.contains(kMax, ~std::uint64_t{0} - kMax + 1));
  EXPECT_FALSE(memory_.contains(0, std::uint64_t{1} << 63));
}

TEST_F(GuestMemoryTest, BytesAreWhereTheyShouldBe) {
  EXPECT_EQ(memory_.bytes(10, 5).data(), bytes_.data() + 10);
  EXPECT_EQ(memory_.bytes(10, 5).size(), 5U);
  EXPECT_EQ(memory_.bytes(64, 0).data(), bytes_.data() + 64);
  EXPECT_EQ(memory_.bytes(64, 1).data(), nullptr);
  EXPECT_EQ(memory_.bytes(65, 0).data(), nullptr);
  EXPECT_EQ(memory_.bytes(kMax, 2).data(), nullptr);
}

TEST_F(GuestMemoryTest, TextIsEmptyWhereItIsNotInside) {
  bytes_[3] = std::byte{'x'};
  EXPECT_EQ(memory_.text(3, 1), "x");
  EXPECT_EQ(memory_.text(60, 5), "");
  EXPECT_EQ(memory_.text(60, 5).data(), nullptr);
}

TEST_F(GuestMemoryTest, HoldsWhatIsAlignedAndInside) {
  EXPECT_TRUE(memory_.holds<std::uint8_t>(63));
  EXPECT_TRUE(memory_.holds<std::uint16_t>(62));
  EXPECT_FALSE(memory_.holds<std::uint16_t>(61));
  EXPECT_TRUE(memory_.holds<std::uint32_t>(60));
  EXPECT_FALSE(memory_.holds<std::uint32_t>(61));
  EXPECT_FALSE(memory_.holds<std::uint32_t>(64));
  EXPECT_TRUE(memory_.holds<std::uint64_t>(56));
  EXPECT_FALSE(memory_.holds<std::uint64_t>(60));
  EXPECT_TRUE(memory_.holds<Pair>(48));
  EXPECT_FALSE(memory_.holds<Pair>(52));
  EXPECT_FALSE(memory_.holds<Pair>(56));
  EXPECT_FALSE(memory_.holds<std::uint64_t>(0xFFFFFFF8));
  EXPECT_FALSE(memory_.holds<std::uint32_t>(0xFFFFFFFC));
}

TEST_F(GuestMemoryTest, LoadsAndStoresLittleEndian) {
  memory_.store<std::uint32_t>(60, 0x04030201);
  EXPECT_EQ(bytes_[60], std::byte{1});
  EXPECT_EQ(bytes_[63], std::byte{4});
  EXPECT_EQ(memory_.load<std::uint32_t>(60), 0x04030201U);
}

TEST(GuestMemory, ThatIsNotThereHoldsNothing) {
  const GuestMemory none;
  EXPECT_EQ(none.size(), 0U);
  EXPECT_TRUE(none.contains(0, 0));
  EXPECT_FALSE(none.contains(0, 1));
  EXPECT_FALSE(none.contains(1, 0));
  EXPECT_EQ(none.bytes(0, 0).data(), nullptr);
  EXPECT_FALSE(none.holds<std::uint8_t>(0));
}

TEST(GuestMemory, Of4GiBHasNoAddressOutside) {
  std::byte base{};
  const GuestMemory memory(&base, std::uint64_t{1} << 32);  // only asked, never touched
  EXPECT_TRUE(memory.contains(0, std::uint64_t{1} << 32));
  EXPECT_TRUE(memory.contains(kMax, 1));
  EXPECT_FALSE(memory.contains(kMax, 2));
  EXPECT_FALSE(memory.contains(1, std::uint64_t{1} << 32));
}

}  // namespace
}  // namespace midimon::wasm
