#include "mapping/condition.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "mapping/profile_toml.h"

namespace midimon {
namespace {

class GivenFacts final : public Facts {
 public:
  explicit GivenFacts(LocalTime time = {}) : time_(time) {}
  [[nodiscard]] LocalTime local_time() const override { return time_; }
  [[nodiscard]] bool holds(const OutsideCondition& condition) const override {
    return condition.kind == OutsideCondition::Kind::app_running && condition.subject == "OBS";
  }

 private:
  LocalTime time_;
};

std::string with(const std::string& condition) {
  return "[[modes]]\nname = \"A\"\n[[modes]]\nname = \"B\"\n[[global_mappings]]\n"
         "trigger = { type = \"Start\" }\naction = { type = \"Delay\", ms = 1 }\ncondition = { " +
         condition + " }\n";
}

Condition read(const std::string& condition) {
  const auto profile = parse_profile(with(condition), "p.toml");
  if (!profile) throw std::runtime_error(profile.error().message);
  return *profile->global_mappings.at(0).condition;
}

bool at(const std::string& condition, const char* clock, int weekday = 1) {
  return holds(read(condition), 0, GivenFacts({weekday, *parse_time_of_day(clock)}));
}

bool is(const std::string& condition, std::size_t mode = 0) {
  return holds(read(condition), mode, GivenFacts());
}

std::string error_of(const std::string& condition) {
  const auto profile = parse_profile(with(condition), "p.toml");
  return profile ? "no error" : profile.error().message;
}

TEST(Condition, ATimeRangeHasBothItsEnds) {
  const std::string day = R"(type = "TimeRange", start = "09:00", end = "17:30")";
  EXPECT_FALSE(at(day, "08:59"));
  EXPECT_TRUE(at(day, "09:00"));
  EXPECT_TRUE(at(day, "17:30"));
  EXPECT_FALSE(at(day, "17:31"));
}

TEST(Condition, ATimeRangeMayGoOverMidnight) {
  const std::string night = R"(type = "TimeRange", start = "22:00", end = "06:00")";
  EXPECT_TRUE(at(night, "23:59"));
  EXPECT_TRUE(at(night, "00:00"));
  EXPECT_TRUE(at(night, "06:00"));
  EXPECT_FALSE(at(night, "06:01"));
  EXPECT_FALSE(at(night, "21:59"));
}

TEST(Condition, DaysAreNumbersOrNames) {
  for (const char* days : {"[1, 7]", R"(["Mon", "Sunday"])", R"(["Monday", 7])"}) {
    const std::string condition = std::string("type = \"DayOfWeek\", days = ") + days;
    EXPECT_TRUE(at(condition, "12:00", 1)) << days;
    EXPECT_FALSE(at(condition, "12:00", 2)) << days;
    EXPECT_TRUE(at(condition, "12:00", 7)) << days;
  }
  EXPECT_FALSE(at(R"(type = "DayOfWeek", days = [])", "12:00"));
}

TEST(Condition, AndOrNotCombineOthers) {
  const std::string yes = R"({ type = "Always" })";
  const std::string no = R"({ type = "Never" })";
  EXPECT_TRUE(is("type = \"And\", conditions = [" + yes + ", " + yes + "]"));
  EXPECT_FALSE(is("type = \"And\", conditions = [" + yes + ", " + no + "]"));
  EXPECT_TRUE(is("type = \"And\", conditions = []"));
  EXPECT_TRUE(is("type = \"Or\", conditions = [" + no + ", " + yes + "]"));
  EXPECT_FALSE(is("type = \"Or\", conditions = [" + no + "]"));
  EXPECT_FALSE(is("type = \"Or\", conditions = []"));
  EXPECT_TRUE(is("type = \"Not\", condition = " + no));
}

TEST(Condition, KnowsTheModeAndAsksOthersForTheRest) {
  EXPECT_FALSE(is(R"(type = "ModeIs", mode = "B")", 0));
  EXPECT_TRUE(is(R"(type = "ModeIs", mode = "B")", 1));
  EXPECT_TRUE(is(R"(type = "AppRunning", app_name = "OBS")"));
  EXPECT_FALSE(is(R"(type = "AppFrontmost", app_name = "OBS")"));
}

TEST(Condition, IsToldInWords) {
  EXPECT_EQ(describe(read(R"(type = "Not", condition = { type = "And", conditions = [
    { type = "TimeRange", start = "22:00", end = "6:05" }, { type = "DayOfWeek", days = [1, 5] } ] })")),
            "not ((from 22:00 to 06:05 and on Monday, Friday))");
}

TEST(Condition, SaysWhatIsWrong) {
  EXPECT_EQ(error_of(R"(type = "TimeRange", start = "25:00", end = "06:00")"),
            "p.toml:8:43: \"start\" must be a time of day such as \"09:30\", not \"25:00\"");
  EXPECT_EQ(
      error_of(R"(type = "DayOfWeek", days = [8])"),
      "p.toml:8:43: \"days\" must be an array of days, each 1 (Monday) to 7 or a name such as "
      "\"Mon\", not 8");
  EXPECT_EQ(error_of(R"(type = "ModeIs", mode = "b")"),
            "p.toml:8:39: there is no mode \"b\"; did you mean \"B\"?");
  EXPECT_EQ(error_of(R"(type = "Nott")"),
            "p.toml:8:22: there is no condition of type \"Nott\"; did you mean \"Not\"?");
  EXPECT_EQ(error_of(R"(type = "PluginState", plugin = "lights", state = "on")"),
            "p.toml:8:46: plugin \"lights\" is not declared; add [plugins.\"lights\"] with its "
            "module");
}

TEST(Condition, StandsSixteenDeepInOthersAndNoDeeper) {
  const auto nested = [](int depth) {
    std::string text = R"(type = "Always")";
    for (int i = 1; i < depth; ++i)
      text = "type = \"Not\", condition = { " + text + " }";
    return text;
  };
  EXPECT_EQ(error_of(nested(16)), "no error");
  EXPECT_NE(error_of(nested(17)).find("conditions may stand 16 deep"), std::string::npos);
}

}  // namespace
}  // namespace midimon
