// The Terminal class runs the built `midimon` on a terminal of the test's own.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>

#include <string>
#include <vector>

#include "tests/run_program.h"

namespace midimon::testing {

// It is a job of a small shell: when it stops, the shell says so and whether the terminal echoes,
// and lets it go on.
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

}  // namespace midimon::testing
