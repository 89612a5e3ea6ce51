// midimon check, simulate and explain, as a user sees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using ::testing::HasSubstr;

class ProfileCommands : public ::testing::Test {
 protected:
  void SetUp() override {
    profile(
        "[[global_mappings]]\ndescription = \"tap\"\ntrigger = { type = \"Note\", note = \"C2\" }\n"
        "action = { type = \"Shell\", command = \"git status\" }\n");
  }
  void profile(const std::string& text) { write_text(path("p.toml"), text); }
  [[nodiscard]] std::string path(const std::string& name) { return scratch_.path(name).string(); }
  Finished run(std::vector<std::string> args) { return run_midimon(scratch_, args); }

  Scratch scratch_;
};

TEST_F(ProfileCommands, CheckSaysWhatIsNotDoneAndFailsForItOnlyIfAsked) {
  const Finished checked = run({"check", path("p.toml")});
  EXPECT_EQ(checked.status, 0) << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("p.toml:4:10: this Shell action does not run"));
  EXPECT_THAT(checked.out, HasSubstr("{ type = \"Command\", argv = [\"git\", \"status\"] }"));
  EXPECT_THAT(checked.out, HasSubstr("p.toml: no mistake; 1 mode, 1 mapping, 0 plugins\n"));
  EXPECT_EQ(run({"check", path("p.toml"), "--strict"}).status, 1);
}

TEST_F(ProfileCommands, CheckNamesEveryMistakeAtOnce) {
  profile(
      "[devic]\n[[global_mappings]]\ntrigger = { type = \"Nte\" }\naction = { type = \"Dlay\" }\n");
  const Finished checked = run({"check", path("p.toml")});
  EXPECT_EQ(checked.status, 2);
  EXPECT_THAT(checked.err, HasSubstr("p.toml:1:2: a profile has no key \"devic\""));
  EXPECT_THAT(checked.err, HasSubstr("did you mean \"Note\"?"));
  EXPECT_THAT(checked.err, HasSubstr("did you mean \"Delay\"?"));
  EXPECT_EQ(run({"check", path("missing.toml")}).status, 2);
}

TEST_F(ProfileCommands, SimulatePrintsTheStoryAndItsNotesApart) {
  write_text(path("s.txt"), "5ms press C2 100\n");
  const Finished simulated = run({"simulate", path("s.txt"), "-c", path("p.toml")});
  EXPECT_EQ(simulated.status, 0);
  EXPECT_EQ(simulated.out,
            "       5ms  > press C2 100\n       5ms    note C2 pressed, velocity 100, channel 1\n"
            "       5ms      line 1: tap\n       5ms        NotRun Shell\n");
  EXPECT_THAT(simulated.err, HasSubstr("this Shell action does not run"));
  write_text(path("s.txt"), "5ms prss C2\n");
  const Finished wrong = run({"simulate", path("s.txt"), "-c", path("p.toml")});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("s.txt:1: there is no event \"prss\"; did you mean \"press\"?"));
}

TEST_F(ProfileCommands, ExplainTakesAnEventInWords) {
  const Finished explained = run({"explain", "press", "C2", "100", "-c", path("p.toml")});
  EXPECT_EQ(explained.status, 0) << explained.err;
  EXPECT_EQ(explained.out, "mode Default\n  yes  line 1     tap (Note C2)\n");
  EXPECT_EQ(run({"explain", "press", "H2", "-c", path("p.toml")}).status, 2);
  EXPECT_EQ(run({"explain", "press", "C2", "--mode", "X", "-c", path("p.toml")}).status, 2);
  EXPECT_EQ(run({"explain", "press", "C2", "--at", "noon", "-c", path("p.toml")}).status, 2);
}

}  // namespace
}  // namespace midimon::testing
