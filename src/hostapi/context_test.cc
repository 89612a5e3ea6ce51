#include "hostapi/context.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace midimon::hostapi {
namespace {

class ListLog final : public LogSink {
 public:
  void write(LogLevel, std::string_view source, std::string_view text) override {
    lines.push_back(std::string(source) + ": " + std::string(text));
  }
  std::vector<std::string> lines;
};

// A context of a plugin that was granted nothing.
struct Ungranted {
  explicit Ungranted(LogSink& log) : gate({name, name, name, none, none}, log, nullptr) {}
  std::string name;
  grants::Permissions none;
  Gate gate;
};

TEST(LogBudget, BoundsAMinuteAndStartsOverInTheNext) {
  LogBudget budget(100);
  EXPECT_TRUE(budget.ask(60, Nanos(0)).allowed);
  EXPECT_FALSE(budget.ask(60, Nanos(1)).allowed);
  EXPECT_TRUE(budget.ask(40, Nanos(2)).allowed);
  const auto later = budget.ask(60, std::chrono::minutes(1));
  EXPECT_TRUE(later.allowed);
  EXPECT_EQ(later.dropped_before, 1U);
}

TEST(Context, LinesAreEscapedCutAndCounted) {
  ListLog log;
  LogBudget budget(10'000);
  ManualClock clock;
  const std::string source = "plugin x";
  Ungranted ungranted(log);
  LaunchBudget launches;
  Context context(
      {log, budget, launches, clock, source, ungranted.gate, ungranted.none, ungranted.none});
  context.log(LogLevel::info, "a\nb\x1b[0m");
  EXPECT_EQ(log.lines.at(0), "plugin x: a\\nb\\x1b[0m");
  context.log(LogLevel::info, std::string(9'000, 'x'));
  EXPECT_EQ(log.lines.at(1).size(), source.size() + 2 + kMaxLogLine);
  context.log(LogLevel::info, std::string(9'000, 'x'));  // over the budget
  EXPECT_EQ(log.lines.size(), 2U);
  clock.advance(std::chrono::minutes(2));
  context.log(LogLevel::info, "again");
  ASSERT_EQ(log.lines.size(), 4U);
  EXPECT_NE(log.lines.at(2).find("1 log lines"), std::string::npos);
  EXPECT_EQ(log.lines.at(3), "plugin x: again");
}

TEST(Context, SaysWhatWasNotGranted) {
  ListLog log;
  LogBudget budget(1);
  ManualClock clock;
  const std::string source;
  Ungranted ungranted(log);
  LaunchBudget launches;
  Context context(
      {log, budget, launches, clock, source, ungranted.gate, ungranted.none, ungranted.none});
  EXPECT_EQ(context.last_error(), "");
  EXPECT_FALSE(context.allows(*grants::origin_of("https://a.example/x")));
  EXPECT_EQ(context.last_error(), "The plugin was not granted network:https://a.example.");
  context.reset();
  EXPECT_EQ(context.last_error(), "");
}

TEST(Context, KeepsTheLastResultUntilItIsReset) {
  ListLog log;
  LogBudget budget(1);
  ManualClock clock;
  const std::string source;
  Ungranted ungranted(log);
  LaunchBudget launches;
  Context context(
      {log, budget, launches, clock, source, ungranted.gate, ungranted.none, ungranted.none});
  context.set_output("1");
  context.set_output("2");
  context.set_error(std::string(10'000, 'e'));
  EXPECT_EQ(context.output(), "2");
  EXPECT_EQ(context.error().size(), kMaxErrorBytes);
  context.reset();
  EXPECT_EQ(context.output(), "");
  EXPECT_EQ(context.error(), "");
}

}  // namespace
}  // namespace midimon::hostapi
