#include "plugins/outcome_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace midimon::plugins {
namespace {

using ::testing::HasSubstr;
using wasm::StopReason;

TEST(Explain, EveryReasonHasItsOutcome) {
  const WasmConfig config;
  const auto outcome = [&](StopReason reason, int code = 0) {
    return explain({reason, code, "why"}, config, 0).outcome;
  };
  EXPECT_EQ(outcome(StopReason::returned), Outcome::ok);
  EXPECT_EQ(outcome(StopReason::exited, 0), Outcome::ok);
  EXPECT_EQ(outcome(StopReason::exited, 3), Outcome::plugin_error);
  EXPECT_EQ(outcome(StopReason::fuel), Outcome::out_of_fuel);
  EXPECT_EQ(outcome(StopReason::deadline), Outcome::deadline_exceeded);
  EXPECT_EQ(outcome(StopReason::memory), Outcome::out_of_memory);
  EXPECT_EQ(outcome(StopReason::trapped), Outcome::trapped);
  EXPECT_EQ(outcome(StopReason::cancelled), Outcome::cancelled);
  EXPECT_EQ(outcome(StopReason::unavailable), Outcome::cancelled);
}

TEST(Explain, SaysWhatRanOutHowMuchThereWasAndWhatRaisesIt) {
  const WasmConfig config;
  const std::string fuel = explain({StopReason::fuel, 0, {}}, config, 0).message;
  EXPECT_THAT(fuel, HasSubstr("100000000"));
  EXPECT_THAT(fuel, HasSubstr("max_fuel"));
  const std::string time = explain({StopReason::deadline, 0, {}}, config, 0).message;
  EXPECT_THAT(time, HasSubstr("5s"));
  EXPECT_THAT(time, HasSubstr("max_execution_time"));
  const std::string memory =
      explain({StopReason::memory, 0, "abort"}, config, 200ULL << 20).message;
  EXPECT_THAT(memory, HasSubstr("200MiB"));
  EXPECT_THAT(memory, HasSubstr("128MiB"));
  EXPECT_THAT(memory, HasSubstr("max_memory_bytes"));
}

}  // namespace
}  // namespace midimon::plugins
