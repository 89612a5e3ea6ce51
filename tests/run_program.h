// Runs the built `midimon` as a user does, for the tests of the command line.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace midimon::testing {

struct Finished {
  int status = -1;  // as a shell shows it
  std::string out;
  std::string err;
};

// A directory of the test's own, removed at its end; also the MIDIMON_HOME of what is run.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "midimon-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] std::filesystem::path path(const std::string& name = {}) const {
    return name.empty() ? path_ : path_ / name;
  }

 private:
  std::filesystem::path path_;
};

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::string guest(const std::string& name) {
  return std::string(MIDIMON_GUESTS) + "/" + name + ".wasm";
}

// Runs `midimon` with `args`, `input` on stdin and MIDIMON_HOME in `scratch`. `meanwhile` is called
// with its process id once it was started.
inline Finished run_midimon(const Scratch& scratch, const std::vector<std::string>& args,
                            const std::string& input = {},
                            const std::function<void(pid_t)>& meanwhile = {}) {
  write_text(scratch.path(".in"), input);
  const pid_t pid = ::fork();
  if (pid == 0) {
    std::vector<char*> argv = {const_cast<char*>(MIDIMON_PROGRAM)};
    for (const std::string& arg : args)
      argv.push_back(const_cast<char*>(arg.c_str()));
    argv.push_back(nullptr);
    ::setenv("MIDIMON_HOME", scratch.path("home").c_str(), 1);
    const bool redirected = std::freopen(scratch.path(".in").c_str(), "r", stdin) != nullptr &&
                            std::freopen(scratch.path(".out").c_str(), "w", stdout) != nullptr &&
                            std::freopen(scratch.path(".err").c_str(), "w", stderr) != nullptr;
    if (redirected) ::execv(MIDIMON_PROGRAM, argv.data());
    ::_exit(127);
  }
  if (meanwhile) meanwhile(pid);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          read_text(scratch.path(".out")), read_text(scratch.path(".err"))};
}

}  // namespace midimon::testing
