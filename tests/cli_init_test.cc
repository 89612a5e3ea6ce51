// midimon init, at a terminal and without one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "tests/run_program.h"
#include "tests/terminal.h"

namespace midimon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Init : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) { return scratch_.path(name).string(); }
  Finished run(const std::vector<std::string>& args) { return run_midimon(scratch_, args); }
  [[nodiscard]] std::string text() { return read_text(path("p.toml")); }
  // That check has nothing at all to say.
  void expect_good() {
    const Finished checked = run({"check", "--strict", path("p.toml")});
    EXPECT_EQ(checked.status, 0) << checked.out << checked.err << text();
  }
  // Each of `answers` once its question is there.
  void answer(Terminal& terminal, const std::vector<std::pair<std::string, std::string>>& answers) {
    for (const auto& [question, typed] : answers) {
      ASSERT_TRUE(terminal.shows(question)) << question << " is not in " << terminal.shown();
      terminal.type(typed + "\n");
    }
  }

  Scratch scratch_;
};

TEST_F(Init, WithoutATerminalItWritesTheProfileThatNeedsNoQuestions) {
  const Finished written = run({"init", path("p.toml")});
  EXPECT_EQ(written.status, 0) << written.err;
  EXPECT_EQ(written.out, path("p.toml") + " has 8 pads from C2 on.\nCheck it:  midimon check " +
                             path("p.toml") + "\nRun it:    midimon run -c " + path("p.toml") +
                             "\n");
  expect_good();
  EXPECT_THAT(text(), HasSubstr("trigger = { type = \"Note\", note = \"C2\" }"));
  EXPECT_THAT(text(), HasSubstr("# Free pads: E2 F2 F#2 G2."));
  struct stat status {};
  ASSERT_EQ(::stat(path("p.toml").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0644U);
  const Finished explained = run({"explain", "press", "C#2", "-c", path("p.toml")});
  EXPECT_THAT(explained.out, HasSubstr("yes"));
  EXPECT_THAT(explained.out, HasSubstr("Louder"));
}

TEST_F(Init, WhatIsGivenOnTheCommandLineIsInIt) {
  EXPECT_EQ(run({"init", path("p.toml"), "--controller", "A \"quoted\" \\ pad", "--note", "124",
                 "--pads", "2"})
                .status,
            0);
  expect_good();
  EXPECT_THAT(text(), HasSubstr("name = \"A \\\"quoted\\\" \\\\ pad\""));
  EXPECT_THAT(text(), HasSubstr("note = \"F9\""));
  EXPECT_THAT(text(), Not(HasSubstr("Free pads")));
}

TEST_F(Init, RefusesWhatNoControllerHas) {
  EXPECT_EQ(run({"init", path("p.toml"), "--note", "H2"}).status, 2);
  EXPECT_EQ(run({"init", path("p.toml"), "--note", "128"}).status, 2);
  EXPECT_EQ(run({"init", path("p.toml"), "--note", "120", "--pads", "9"}).status, 2);
  EXPECT_EQ(run({"init", path("p.toml"), "--pads", "0"}).status, 2);
  EXPECT_EQ(run({"init", path("p.toml"), "--controller", "a\x1b[2J"}).status, 2);
  EXPECT_EQ(run({"init", path("missing/p.toml")}).status, 2);
  EXPECT_FALSE(std::filesystem::exists(path("p.toml")));
}

TEST_F(Init, NeverReplacesAFileUnlessItIsTold) {
  write_text(path("p.toml"), "mine");
  const Finished refused = run({"init", path("p.toml")});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("is there already"));
  EXPECT_EQ(text(), "mine");
  std::filesystem::create_symlink("nowhere", path("link.toml"));
  EXPECT_EQ(run({"init", path("link.toml")}).status, 2)
      << "a link that leads nowhere is there, too";
  EXPECT_EQ(run({"init", path("p.toml"), "--force"}).status, 0);
  expect_good();
}

TEST_F(Init, AsksForPadsModesAndWhatTheyDo) {
  Terminal terminal(scratch_, {"init", path("p.toml"), "--controller", "APC"});
  answer(terminal, {{"first pad", "H9"},
                    {"a note is 0 to 127", "C3"},
                    {"How many pads [8]: ", "99"},
                    {"1 to 64", "6"},
                    {"Modes", "Live"},
                    {"one mode needs no name", "Live Chat"},
                    {"Pad 1 (C3)", "z"},
                    {"one of these letters", "k"},
                    {"Which keys", "ctrl+nokey"},
                    {"Which keys", "ctrl+s"},
                    {"Pad 2 (C#3)", "l"},
                    {"program", "notify-send \"a b"},
                    {"Pad 3 (D3)", "v"},
                    {"up, d = down", "m"},
                    {"Pad 4 (D#3)", ""}});
  EXPECT_EQ(terminal.wait(), 0) << terminal.shown();
  EXPECT_THAT(terminal.shown(), HasSubstr("Check it:  midimon check"));
  expect_good();
  const std::string written = text();
  for (const char* part :
       {"[device]\nname = \"APC\"", "keys = \"ctrl+s\"",
        "argv = [\"notify-send\", \"\\\"a\", \"b\"]", "operation = \"Toggle\"",
        "[[modes]]\nname = \"Live\"", "action = { type = \"ModeChange\", mode = \"Chat\" }",
        "action = { type = \"ModeChange\", mode = \"Live\" }", "# Free pads: D#3 E3."}) {
    EXPECT_THAT(written, HasSubstr(part));
  }
}

TEST_F(Init, OffersInstalledPluginsAndHoldsParamsToTheirSchema) {
  ASSERT_EQ(run({"plugin", "install", guest("scenes"), "--unsigned"}).status, 0);
  Terminal terminal(scratch_,
                    {"init", path("p.toml"), "--controller", "APC", "--note", "36", "--pads", "1"});
  answer(terminal, {{"p = plugin", "p"},
                    {"Which plugin (scenes) [scenes]: ", "scnes"},
                    {"did you mean \"scenes\"?", ""},
                    {"Which action (switch, stop) [switch]: ", ""},
                    {"\"scene\" is missing", "scene = \"Lvie\""},
                    {"did you mean \"Live\"?", "scene = \"Live\", level = \"{velocity}\""},
                    {"127 is not at most 100", "scene = \"Live\", level = \"{velocity:0..100}\""}});
  EXPECT_EQ(terminal.wait(), 0) << terminal.shown();
  expect_good();
  EXPECT_THAT(text(), HasSubstr("[plugins.\"scenes\"]\nunsigned = true"));
}

TEST_F(Init, WhereTheAnswersEndNothingIsWritten) {
  Terminal terminal(scratch_, {"init", path("p.toml"), "--controller", "APC"});
  ASSERT_TRUE(terminal.shows("first pad"));
  terminal.type("\x04");
  EXPECT_EQ(terminal.wait(), 1);
  EXPECT_THAT(terminal.shown(), HasSubstr("nothing was written"));
  EXPECT_FALSE(std::filesystem::exists(path("p.toml")));
}

}  // namespace
}  // namespace midimon::testing
