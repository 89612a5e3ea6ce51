// The prompt for a passphrase, on a terminal of the test's own.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>

#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Runs `midimon` on a terminal, as a job of a small shell: when it stops, the shell says so and
// whether the terminal echoes, and lets it go on.
class Terminal {
 public:
  Terminal(const Scratch& scratch, const std::vector<std::string>& args) {
    pid_ = ::forkpty(&master_, nullptr, nullptr, nullptr);
    if (pid_ == 0) ::_exit(shell(scratch, args));
  }
  ~Terminal() {
    ::close(master_);
    if (!ended_) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // Waits until `text` was shown after what was waited for before.
  bool shows(const std::string& text) {
    while (shown_.find(text, seen_) == std::string::npos)
      if (!read_more()) return false;
    seen_ = shown_.find(text, seen_) + text.size();
    return true;
  }
  void type(const std::string& text) const {
    EXPECT_EQ(::write(master_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] bool echoes() const {
    struct termios settings {};
    EXPECT_EQ(::tcgetattr(master_, &settings), 0);
    return (settings.c_lflag & ECHO) != 0;
  }
  // The status as a shell shows it; all that was shown is in shown() then.
  int wait() {
    EXPECT_TRUE(shows("shell: "));
    const bool on = shows("echo=1;");
    EXPECT_TRUE(on) << "the terminal is left without echo: " << shown_;
    int status = 0;
    ::waitpid(pid_, &status, 0);
    ended_ = true;
    return WEXITSTATUS(status);
  }
  [[nodiscard]] const std::string& shown() const { return shown_; }

 private:
  static void say(const std::string& what) {
    struct termios settings {};
    ::tcgetattr(0, &settings);
    const std::string line =
        "shell: " + what + " echo=" + ((settings.c_lflag & ECHO) != 0 ? "1" : "0") + ";\n";
    static_cast<void>(!::write(1, line.data(), line.size()));
  }

  static int shell(const Scratch& scratch, const std::vector<std::string>& args) {
    ::signal(SIGTTOU, SIG_IGN);
    const pid_t job = ::fork();
    if (job == 0) {
      ::setpgid(0, 0);
      ::tcsetpgrp(0, ::getpid());
      ::signal(SIGTTOU, SIG_DFL);
      ::setenv("MIDIMON_HOME", scratch.path("home").c_str(), 1);
      ::unsetenv("MIDIMON_KEY_PASSPHRASE_FILE");
      std::vector<char*> argv = {const_cast<char*>(MIDIMON_PROGRAM)};
      for (const std::string& arg : args)
        argv.push_back(const_cast<char*>(arg.c_str()));
      argv.push_back(nullptr);
      ::execv(MIDIMON_PROGRAM, argv.data());
      ::_exit(127);
    }
    int status = 0;
    while (::waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
      ::tcsetpgrp(0, ::getpgrp());
      say("stopped");
      ::tcsetpgrp(0, job);
      ::kill(-job, SIGCONT);
    }
    ::tcsetpgrp(0, ::getpgrp());
    say("ended");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  bool read_more() {
    pollfd ready{master_, POLLIN, 0};
    char chunk[4096];
    if (::poll(&ready, 1, 60'000) != 1) return false;
    const ssize_t count = ::read(master_, chunk, sizeof chunk);
    if (count <= 0) return false;
    shown_.append(chunk, static_cast<std::size_t>(count));
    return true;
  }

  int master_ = -1;
  pid_t pid_ = -1;
  std::string shown_;
  std::size_t seen_ = 0;
  bool ended_ = false;
};

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
