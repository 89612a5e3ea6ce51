// The practice-log plugin, as its user meets it: what it counts, keeps, and survives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "tests/plugin_refusals.h"
#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class PracticeLog : public ::testing::Test {
 protected:
  json call(const std::string& action, const std::string& params = "{}",
            const std::vector<std::string>& more = {}) {
    std::vector<std::string> args = {"plugin",     "run",        guest("practice-log"),
                                     "--unsigned", action,       "--params",
                                     params,       "--velocity", "80",
                                     "--json",     "--grant",    "filesystem"};
    args.insert(args.end(), more.begin(), more.end());
    return json::parse(run_midimon(scratch_, args).out);
  }

  [[nodiscard]] std::filesystem::path file(const std::string& name) const {
    return scratch_.path("home/data/plugin-data/practice-log") / name;
  }

  int notes() { return call("summary")["output"]["notes"].get<int>(); }

  Scratch scratch_;
};

TEST_F(PracticeLog, CountsNotesByNumberAndName) {
  EXPECT_EQ(call("note", R"({"note": 60})")["output"]["name"], "C4");
  EXPECT_EQ(call("note", R"({"name": "C4"})")["output"]["count"], 2);
  EXPECT_EQ(call("note", R"({"name": "F#3"})")["output"]["note"], 54);
  const json summary = call("summary")["output"];
  EXPECT_EQ(summary["notes"], 3);
  EXPECT_EQ(summary["distinct_pitches"], 2);
  EXPECT_EQ(summary["most_played"][0]["note"], 60);
  EXPECT_EQ(summary["range"]["lowest"]["note"], 54);
  EXPECT_EQ(summary["range"]["highest"]["note"], 60);
  EXPECT_DOUBLE_EQ(summary["velocity_average"].get<double>(), 80.0);
}

TEST_F(PracticeLog, KeepsItsFilesForItsUserAlone) {
  call("note", R"({"note": 60})");
  call("summary");
  for (const char* name : {"config.toml", "state.json", "cache/summary.json"}) {
    struct stat status {};
    ASSERT_EQ(::stat(file(name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 07777U, 0600U) << name;
  }
}

TEST_F(PracticeLog, RefusesWhatIsNoNote) {
  expect_refused(scratch_, "practice-log", "note",
                 {json::object(), json{{"note", 128}}, json{{"note", "x"}}, json{{"name", "H2"}},
                  json{{"note", 60}, {"name", "C4"}}});
  EXPECT_EQ(notes(), 0);
}

TEST_F(PracticeLog, ResetKeepsTheOldJournal) {
  call("note", R"({"note": 60})");
  EXPECT_EQ(call("reset")["output"]["kept_as"], "/state.json.1");
  EXPECT_EQ(notes(), 0);
  EXPECT_TRUE(std::filesystem::exists(file("state.json.1")));
}

TEST_F(PracticeLog, ADamagedJournalIsPutAsideAndSaid) {
  call("note", R"({"note": 60})");
  const std::string state = read_text(file("state.json"));
  write_text(file("state.json"), state.substr(0, state.size() / 2));
  EXPECT_EQ(call("note", R"({"note": 62})")["outcome"], "Ok");
  EXPECT_EQ(notes(), 1);
  EXPECT_EQ(read_text(file("state.json.damaged")), state.substr(0, state.size() / 2));
}

TEST_F(PracticeLog, PreferencesAreReadAndMistakesNamed) {
  call("note", R"({"note": 60})");
  write_text(file("config.toml"), "middle_c = \"C3\"\nmilestone = many\n");
  EXPECT_EQ(call("note", R"({"name": "C3"})")["output"]["note"], 60);
  const json problems = call("summary")["output"]["config_problems"];
  ASSERT_EQ(problems.size(), 1U) << problems;
  EXPECT_THAT(problems[0].get<std::string>(), HasSubstr("2"));
}

// Fuel that ends at more and more instructions stops the plugin at more and more places: a kill at
// any of them leaves the old state or the new one.
TEST_F(PracticeLog, StoppedAnywhereItsStateIsTheOldOrTheNewOne) {
  call("note", R"({"note": 60})");
  int before = notes();
  const auto needed = call("note", R"({"note": 60})")["fuel_used"].get<std::uint64_t>();
  before = notes();
  constexpr std::uint64_t kStops = 40;
  int stopped = 0;
  for (std::uint64_t i = 1; i <= kStops; ++i) {
    // From loading on: metadata needs some fuel too.
    const std::uint64_t fuel = needed * i / kStops;
    std::vector<std::string> args = {"plugin",     "run",      guest("practice-log"), "--unsigned",
                                     "note",       "--params", R"({"note": 60})",     "--grant",
                                     "filesystem", "--fuel",   std::to_string(fuel)};
    const int status = run_midimon(scratch_, args).status;
    stopped += status == 125 ? 1 : 0;
    const int after = notes();
    ASSERT_TRUE(after == before || after == before + 1) << "at " << fuel << " of " << needed;
    EXPECT_TRUE(status != 0 || after == before + 1);
    before = after;
  }
  EXPECT_GT(stopped, 5);
}

TEST_F(PracticeLog, WithoutTheGrantItSaysSo) {
  const Finished run = run_midimon(scratch_, {"plugin", "run", guest("practice-log"), "--unsigned",
                                              "note", "--params", R"({"note": 60})"});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("--grant filesystem"));
}

}  // namespace
}  // namespace midimon::testing
