#include <gtest/gtest.h>

#include "wasi/test_support.h"

namespace midimon::wasi {
namespace {

using ClocksTest = WasiTest;

constexpr std::uint64_t kFiveHours = 18'000'000'000'000;
constexpr std::uint32_t kBothClocks[] = {abi::kClockRealtime, abi::kClockMonotonic};

TEST_F(ClocksTest, TellTheTimeOfTheContextsClock) {
  EXPECT_EQ(run(clock_time_get, abi::kClockRealtime, 0, kOut), Errno::success);
  EXPECT_EQ(out<std::uint64_t>(), 1'700'000'000'000'000'000U);
  EXPECT_EQ(run(clock_time_get, abi::kClockMonotonic, 0, kOut), Errno::success);
  EXPECT_EQ(out<std::uint64_t>(), kFiveHours);
  clock_.advance(Nanos(7));
  EXPECT_EQ(run(clock_time_get, abi::kClockMonotonic, 0, kOut), Errno::success);
  EXPECT_EQ(out<std::uint64_t>(), kFiveHours + 7);
}

TEST_F(ClocksTest, AnyPrecisionWillDo) {
  EXPECT_EQ(run(clock_time_get, abi::kClockMonotonic, ~std::uint64_t{0}, kOut), Errno::success);
}

TEST_F(ClocksTest, HaveAResolutionThatIsNotZero) {
  for (const std::uint32_t id : kBothClocks) {
    EXPECT_EQ(run(clock_res_get, id, kOut), Errno::success);
    EXPECT_GT(out<std::uint64_t>(), 0U);
    EXPECT_LE(out<std::uint64_t>(), 1'000'000U);
  }
}

TEST_F(ClocksTest, CpuClocksAreBadf) {
  EXPECT_TRUE(leaves_memory_alone([&] {
    for (const std::uint32_t id : {abi::kClockProcessCpu, abi::kClockThreadCpu}) {
      EXPECT_EQ(run(clock_res_get, id, kOut), Errno::badf);
      EXPECT_EQ(run(clock_time_get, id, 0, kOut), Errno::badf);
    }
  }));
}

TEST_F(ClocksTest, UnknownClocksAreInval) {
  EXPECT_TRUE(leaves_memory_alone([&] {
    for (const std::uint32_t id : {4U, 256U, 0xFFFFFFFFU}) {
      EXPECT_EQ(run(clock_res_get, id, kOut), Errno::inval);
      EXPECT_EQ(run(clock_time_get, id, 0, kOut), Errno::inval);
    }
  }));
}

TEST_F(ClocksTest, BadPointersFault) {
  EXPECT_TRUE(leaves_memory_alone([&] {
    for (const Ptr bad : {kOut + 4, kOut + 1, kEnd, kEnd - 4, Ptr{0xFFFFFFF8}, Ptr{0xFFFFFFFF}}) {
      EXPECT_EQ(run(clock_res_get, abi::kClockRealtime, bad), Errno::fault) << bad;
      EXPECT_EQ(run(clock_time_get, abi::kClockRealtime, 0, bad), Errno::fault) << bad;
    }
  }));
  EXPECT_EQ(run(clock_time_get, abi::kClockRealtime, 0, kEnd - 8), Errno::success);
}

}  // namespace
}  // namespace midimon::wasi
