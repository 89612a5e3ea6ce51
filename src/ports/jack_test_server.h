// A JACK server of one's own, with the dummy driver, for tests and measurements.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>  // NOLINT: POSIX
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "base/unique_fd.h"

namespace midimon {

// Clients of this process, and of those it starts, find it and no other server. It ends with the
// process, however that ends.
class JackServer {
 public:
  JackServer() : name_(claim()) {
    remove_leftovers();
    remove_stale_database();
    ::setenv("JACK_DEFAULT_SERVER", name_.c_str(), 1);
    ::setenv("JACK_NO_AUDIO_RESERVATION", "1", 1);
  }
  ~JackServer() { stop(SIGTERM); }
  JackServer(const JackServer&) = delete;
  JackServer& operator=(const JackServer&) = delete;

  // With periods of so many frames. False if it does not listen within ten seconds.
  [[nodiscard]] bool start(int frames) {
    const std::string period = std::to_string(frames);
    pid_ = ::fork();
    if (pid_ == 0) become_server(period.c_str());
    // Whoever asks for it again and again before it listens holds it up: the two share a database.
    const std::string socket = fmt::format("/dev/shm/jack_{}_{}_0", name_, ::getuid());
    for (int i = 0; i < 1000 && !std::filesystem::exists(socket); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return std::filesystem::exists(socket);
  }
  void signal(int number) const { ::kill(pid_, number); }
  void stop(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::kill(pid_, SIGCONT);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  // JACK has places for eight servers, and gives the place of one that was killed only to a server
  // of the same name. So there are few names, and one process has each.
  std::string claim() {
    constexpr int kNames = 6;
    for (int i = 0; i < kNames; ++i) {
      std::string name = fmt::format("midimon-{}-{}", ::getuid(), i);
      claim_.reset(::open(("/dev/shm/" + name + ".lock").c_str(),
                          O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
      if (claim_.valid() && ::flock(claim_.get(), LOCK_EX | LOCK_NB) == 0) return name;
    }
    fmt::print(stderr, "{} JACK servers run for tests already; wait until they end.\n", kNames);
    std::exit(1);
  }

  [[noreturn]] void become_server(const char* period) const {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    ::execlp("jackd", "jackd", "--no-realtime", "-n", name_.c_str(), "-d", "dummy", "-r", "48000",
             "-p", period, nullptr);
    ::_exit(127);
  }

  // What a killed server of this name and its clients left: sockets, and semaphores that count.
  void remove_leftovers() const {
    namespace fs = std::filesystem;
    std::error_code ignored;
    for (const auto& file : fs::directory_iterator("/dev/shm", ignored)) {
      const std::string left = file.path().filename().string();
      if (left.starts_with("jack_") && left.find("_" + name_ + "_") != std::string::npos) {
        fs::remove(file.path(), ignored);
      }
    }
  }

  // Servers and clients of a user share a database of metadata in memory, with locks in it. One
  // that was killed at the wrong moment leaves it locked, and whoever comes later waits for good.
  static void remove_stale_database() {
    namespace fs = std::filesystem;
    const std::string path = fmt::format("/dev/shm/jack_db-{}", ::getuid());
    std::error_code ignored;
    for (const auto& process : fs::directory_iterator("/proc", ignored)) {
      std::ifstream maps(process.path() / "maps");
      for (std::string line; std::getline(maps, line);) {
        if (line.find(path) != std::string::npos) return;  // it is in use
      }
    }
    fs::remove_all(path, ignored);
  }

  UniqueFd claim_;
  std::string name_;
  pid_t pid_ = 0;
};

}  // namespace midimon
