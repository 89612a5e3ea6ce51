// midimon doctor, as a user sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json doctor(const Scratch& scratch, std::vector<std::string> more, int status) {
  std::vector<std::string> args = {"doctor", "--json"};
  args.insert(args.end(), more.begin(), more.end());
  const Finished run = run_midimon(scratch, args);
  EXPECT_EQ(run.status, status) << run.out << run.err;
  return json::parse(run.out, nullptr, false);
}

json find(const json& report, const std::string& name) {
  for (const json& check : report.at("checks")) {
    if (check.at("name") == name) return check;
  }
  return {{"state", "missing"}};
}

TEST(Doctor, FindsWhatThePromisesRestOn) {
  const Scratch scratch;
  const json report = doctor(scratch, {}, 0);
  EXPECT_TRUE(report.at("well"));
  for (const char* name :
       {"kernel", "path resolution", "second fence", "mounts inside mounts", "directory for data",
        "engine", "open files", "user", "keys and clicks", "volume"}) {
    EXPECT_NE(find(report, name).at("state"), "missing") << name;
  }
}

TEST(Doctor, NoAttemptGetsOutOfTheSandbox) {
  const Scratch scratch;
  const json report = doctor(scratch, {"--sandbox"}, 0);
  EXPECT_TRUE(report.at("well")) << report.dump(2);
  EXPECT_EQ(find(report, "walker: read-own-link").at("state"), "good");
  EXPECT_EQ(find(report, "walker: outside").at("saw"), "as it was");
  EXPECT_EQ(find(report, "sleep of 100 years").at("state"), "good");
}

TEST(Doctor, SaysHowToMendADirectoryThatOthersCanRead) {
  const Scratch scratch;
  const std::filesystem::path data = scratch.path("home/data");
  std::filesystem::create_directories(data);
  ::chmod(data.c_str(), 0755);
  const json report = doctor(scratch, {}, 1);
  EXPECT_FALSE(report.at("well"));
  EXPECT_EQ(find(report, "directory for data").at("state"), "problem");
  EXPECT_EQ(find(report, "directory for data").at("advice"), "chmod 0700 '" + data.string() + "'");
}

TEST(Doctor, NotesThatTheWalkerWasAskedFor) {
  const Scratch scratch;
  ::setenv("MIDIMON_RESOLVER", "walker", 1);
  const json report = doctor(scratch, {}, 0);
  ::unsetenv("MIDIMON_RESOLVER");
  EXPECT_EQ(find(report, "path resolution").at("state"), "note");
}

TEST(Doctor, SaysWhatIsMissingForKeysAndForTheVolume) {
  const Scratch scratch;
  ::setenv("MIDIMON_INPUT", "x11", 1);
  ::setenv("DISPLAY", ":4711", 1);
  ::setenv("PULSE_SERVER", "unix:/no/such/socket", 1);
  const json report = doctor(scratch, {}, 0);
  for (const char* variable : {"MIDIMON_INPUT", "DISPLAY", "PULSE_SERVER"})
    ::unsetenv(variable);
  EXPECT_EQ(find(report, "keys and clicks").at("state"), "note");
  EXPECT_THAT(find(report, "keys and clicks").at("advice").get<std::string>(),
              HasSubstr("\":4711\" cannot be opened"));
  EXPECT_EQ(find(report, "volume").at("state"), "note");
  EXPECT_THAT(find(report, "volume").at("advice").get<std::string>(),
              HasSubstr("start PulseAudio or pipewire-pulse"));
}

TEST(Doctor, SpeaksToPeopleToo) {
  const Scratch scratch;
  const Finished run = run_midimon(scratch, {"doctor"});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.out, HasSubstr("All promises hold here."));
  EXPECT_THAT(run.out, Not(HasSubstr("\x1b[")));
}

}  // namespace
}  // namespace midimon::testing
