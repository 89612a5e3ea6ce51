// A JACK server of a test's own, with the dummy driver.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>  // NOLINT: POSIX
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "ports/rtmidi.h"

namespace midimon {

// Waits until `holds` does, ten seconds at most.
template <typename Holds>
bool eventually(Holds holds) {
  for (int i = 0; i < 1000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return holds();
}

// Clients of this process find it, and no other server.
class TestJack {
 public:
  TestJack() {
    remove_stale_database();
    ::setenv("JACK_DEFAULT_SERVER", name().c_str(), 1);
    ::setenv("JACK_NO_AUDIO_RESERVATION", "1", 1);
  }
  ~TestJack() { stop(); }
  TestJack(const TestJack&) = delete;
  TestJack& operator=(const TestJack&) = delete;

  // A client that misses a period loses what was sent in it. They are long, so that one is in time
  // on a busy machine, too.
  void start(int frames = 1024) {
    const std::string server = name();
    const std::string period = std::to_string(frames);
    const char* argv[] = {"jackd", "--no-realtime", "-n", server.c_str(), "-d",   "dummy",
                          "-r",    "48000",         "-p", period.c_str(), nullptr};
    posix_spawn_file_actions_t quiet;
    ::posix_spawn_file_actions_init(&quiet);
    for (const int fd : {1, 2})
      ::posix_spawn_file_actions_addopen(&quiet, fd, "/dev/null", O_WRONLY, 0);
    ASSERT_EQ(::posix_spawnp(&pid_, "jackd", &quiet, nullptr, const_cast<char**>(argv), environ),
              0);
    ::posix_spawn_file_actions_destroy(&quiet);
    // Whoever asks for it again and again before it listens holds it up: the two share a database.
    const std::string socket = fmt::format("/dev/shm/jack_{}_{}_0", server, ::getuid());
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(socket); }))
        << "jackd did not start";
    ASSERT_TRUE(eventually([] { return !usable_apis().empty(); })) << "jackd does not answer";
  }
  void stop(int signal = SIGTERM) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
    EXPECT_TRUE(eventually([] { return usable_apis().empty(); })) << "jackd did not end";
  }

 private:
  static std::string name() { return fmt::format("midimon-{}", ::getpid()); }

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

  pid_t pid_ = 0;
};

}  // namespace midimon
