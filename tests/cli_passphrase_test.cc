// The prompt for a passphrase, on a terminal of the test's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/terminal.h"

namespace midimon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Passphrase : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> generate() const {
    return {"key", "generate", "-s", scratch_.path("k"), "-p", scratch_.path("k.pub")};
  }
  [[nodiscard]] bool made() const { return std::filesystem::exists(scratch_.path("k")); }

  Scratch scratch_;
};

TEST_F(Passphrase, IsAskedForTwiceAndNeverShown) {
  Terminal terminal(scratch_, generate());
  ASSERT_TRUE(terminal.shows("Passphrase for the new secret key: ")) << terminal.shown();
  EXPECT_FALSE(terminal.echoes());
  terminal.type("open sesame\n");
  ASSERT_TRUE(terminal.shows("The same again: "));
  EXPECT_FALSE(terminal.echoes());
  terminal.type("open sesame\n");
  EXPECT_EQ(terminal.wait(), 0) << terminal.shown();
  EXPECT_THAT(terminal.shown(), Not(HasSubstr("sesame")));
  ASSERT_TRUE(made());

  write_text(scratch_.path("file"), "hello");
  Terminal sign(scratch_, {"key", "sign", scratch_.path("file"), "-s", scratch_.path("k")});
  ASSERT_TRUE(sign.shows("Passphrase of "));
  sign.type("open sesame\n");
  EXPECT_EQ(sign.wait(), 0) << sign.shown();
  EXPECT_TRUE(std::filesystem::exists(scratch_.path("file.minisig")));
}

TEST_F(Passphrase, TwoThatDifferMakeNoKey) {
  Terminal terminal(scratch_, generate());
  ASSERT_TRUE(terminal.shows("secret key: "));
  terminal.type("one\n");
  ASSERT_TRUE(terminal.shows("again: "));
  terminal.type("two\n");
  EXPECT_EQ(terminal.wait(), 2);
  EXPECT_THAT(terminal.shown(), HasSubstr("not the same"));
  EXPECT_FALSE(made());
}

TEST_F(Passphrase, AnEmptyOneOrNoneMakesNoKey) {
  for (const char* typed : {"\n", "\x04"}) {
    Terminal terminal(scratch_, generate());
    ASSERT_TRUE(terminal.shows("secret key: "));
    terminal.type(typed);
    if (terminal.shows("again: ")) terminal.type(typed);
    EXPECT_EQ(terminal.wait(), 2) << terminal.shown();
    EXPECT_FALSE(made());
  }
}

TEST_F(Passphrase, OneThatIsTooLongIsRefused) {
  Terminal terminal(scratch_, generate());
  ASSERT_TRUE(terminal.shows("secret key: "));
  terminal.type(std::string(1500, 'x') + "\n");
  EXPECT_EQ(terminal.wait(), 2);
  EXPECT_THAT(terminal.shown(), HasSubstr("at most 1024 bytes"));
}

TEST_F(Passphrase, ASignalLeavesTheTerminalAsItWas) {
  const std::pair<std::string, int> keys[] = {{"\x03", SIGINT}, {"\x1c", SIGQUIT}};
  for (const auto& [typed, signal] : keys) {
    Terminal terminal(scratch_, generate());
    ASSERT_TRUE(terminal.shows("secret key: "));
    terminal.type("half a " + typed);
    EXPECT_EQ(terminal.wait(), 128 + signal) << terminal.shown();
    EXPECT_FALSE(made());
  }
}

TEST_F(Passphrase, AStoppedPromptComesBackWithTheProgram) {
  Terminal terminal(scratch_, generate());
  ASSERT_TRUE(terminal.shows("secret key: "));
  terminal.type("half a \x1a");
  ASSERT_TRUE(terminal.shows("shell: stopped echo=1;")) << terminal.shown();
  ASSERT_TRUE(terminal.shows("secret key: "));
  EXPECT_FALSE(terminal.echoes());
  terminal.type("\x03");
  EXPECT_EQ(terminal.wait(), 128 + SIGINT);
}

TEST_F(Passphrase, ComesFromAFileThatOnlyItsOwnerMayRead) {
  const std::string file = scratch_.path("passphrase");
  const auto status = [&](const std::string& text, mode_t mode) {
    write_text(file, text);
    ::chmod(file.c_str(), mode);
    ::setenv("MIDIMON_KEY_PASSPHRASE_FILE", file.c_str(), 1);
    std::vector<std::string> args = generate();
    args.emplace_back("--force");
    const Finished run = run_midimon(scratch_, args);
    ::unsetenv("MIDIMON_KEY_PASSPHRASE_FILE");
    return std::pair(run.status, run.err);
  };
  EXPECT_THAT(status("pw\n", 0644).second, HasSubstr("chmod 0600"));
  EXPECT_THAT(status("pw\nmore\n", 0600).second, HasSubstr("on one line"));
  EXPECT_THAT(status("\n", 0600).second, HasSubstr("No passphrase"));
  EXPECT_EQ(status(std::string(1025, 'x'), 0600).first, 2);
  EXPECT_FALSE(made());
}

TEST_F(Passphrase, WithoutATerminalOrAFileTheAnswerIsWhatToSet) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setsid();  // leaves the terminal that the test may have been started from
    const Finished run = run_midimon(scratch_, generate());
    const bool told = run.err.find("MIDIMON_KEY_PASSPHRASE_FILE") != std::string::npos;
    ::_exit(run.status == 2 && told ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace midimon::testing
