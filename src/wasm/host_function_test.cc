#include "wasm/host_function.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace midimon::wasm {
namespace {

enum class Answer : std::uint16_t { yes = 1, no = 0xFFFF };

struct Seen {
  std::uint32_t u32 = 0;
  std::int32_t i32 = 0;
  std::uint64_t u64 = 0;
  std::int64_t i64 = 0;
};

void take(Seen& seen, HostCall&, std::uint32_t u32, std::int32_t i32, std::uint64_t u64,
          std::int64_t i64) {
  seen = {u32, i32, u64, i64};
}
Answer answer(Seen&, HostCall&) {
  return Answer::no;
}
std::uint64_t wide(Seen&, HostCall&, std::uint32_t) {
  return ~std::uint64_t{0};
}
std::int32_t nine(Seen&, HostCall& call, int, int, int, int, int, std::int64_t, std::int64_t, int,
                  int last) {
  call.budget.charge(1);
  return last;
}

RawValue raw64(std::int64_t value) {
  RawValue raw{};
  raw.i64 = value;
  return raw;
}

class HostFunctionTest : public testing::Test {
 protected:
  template <std::size_t N>
  void invoke(const HostFunction& row, std::array<RawValue, N>& values) {
    HostCall call{GuestMemory(), budget_};
    row.invoke(&seen_, call, values.data());
  }

  Seen seen_;
  Budget budget_;
};

TEST_F(HostFunctionTest, TypesComeFromTheSignature) {
  constexpr HostFunction kTake = host_function<take>("take");
  EXPECT_EQ(kTake.name, "take");
  ASSERT_EQ(kTake.param_count, 4U);
  EXPECT_EQ(kTake.params[0], ValueType::i32);
  EXPECT_EQ(kTake.params[1], ValueType::i32);
  EXPECT_EQ(kTake.params[2], ValueType::i64);
  EXPECT_EQ(kTake.params[3], ValueType::i64);
  EXPECT_FALSE(kTake.has_result);
  EXPECT_EQ(host_function<answer>("answer").param_count, 0U);
  EXPECT_TRUE(host_function<answer>("answer").has_result);
  EXPECT_EQ(host_function<answer>("answer").result, ValueType::i32);
  EXPECT_EQ(host_function<wide>("wide").result, ValueType::i64);
  EXPECT_EQ(host_function<nine>("nine").param_count, 9U);
}

TEST_F(HostFunctionTest, ArgumentsKeepTheirBits) {
  std::array<RawValue, 4> values = {raw64(-1), raw64(-2), raw64(-3), raw64(-4)};
  invoke(host_function<take>("take"), values);
  EXPECT_EQ(seen_.u32, 0xFFFFFFFFU);
  EXPECT_EQ(seen_.i32, -2);
  EXPECT_EQ(seen_.u64, 0xFFFFFFFFFFFFFFFDU);
  EXPECT_EQ(seen_.i64, -4);
}

// What the engine leaves in the upper half of a 32-bit argument is anybody's guess.
TEST_F(HostFunctionTest, TheUpperHalfOfA32BitArgumentIsIgnored) {
  std::array<RawValue, 4> values = {raw64(0x1'0000'0005), raw64(0x7'0000'0006), raw64(0), raw64(0)};
  invoke(host_function<take>("take"), values);
  EXPECT_EQ(seen_.u32, 5U);
  EXPECT_EQ(seen_.i32, 6);
}

TEST_F(HostFunctionTest, ResultsReplaceTheFirstValue) {
  std::array<RawValue, 1> values = {raw64(0)};
  invoke(host_function<answer>("answer"), values);
  EXPECT_EQ(values[0].i32, 0xFFFF);
  invoke(host_function<wide>("wide"), values);
  EXPECT_EQ(values[0].i64, -1);
  std::array<RawValue, 9> nine_values{};
  nine_values[8] = raw64(99);
  invoke(host_function<nine>("nine"), nine_values);
  EXPECT_EQ(nine_values[0].i32, 99);
}

TEST_F(HostFunctionTest, ABudgetWithoutInstanceIsNeverOver) {
  EXPECT_FALSE(budget_.is_over());
  EXPECT_EQ(budget_.deadline(), Nanos::max());
  EXPECT_EQ(budget_.cancel(), nullptr);
  budget_.charge(~std::uint64_t{0});
  EXPECT_FALSE(budget_.is_over());
}

}  // namespace
}  // namespace midimon::wasm
