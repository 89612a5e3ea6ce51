// Debian's docker-registry, from its start to the end of this, on a free port of this machine.
#pragma once

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <thread>

#include "tests/run_program.h"

namespace midimon::testing {

class OciRegistry {
 public:
  // Keeps everything below `directory`. `auth` is that part of its configuration, in YAML.
  explicit OciRegistry(std::filesystem::path directory, const std::string& auth = {})
      : directory_(std::move(directory)) {
    std::filesystem::create_directories(directory_);
    write_text(directory_ / "config.yml",
               "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: " +
                   (directory_ / "blobs").string() + "\nhttp:\n  addr: 127.0.0.1:0\n" + auth);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // should a test end by a signal
      const std::string config = directory_ / "config.yml";
      if (std::freopen(log().c_str(), "w", stderr) == nullptr ||
          std::freopen("/dev/null", "w", stdout) == nullptr) {
        ::_exit(127);
      }
      ::execl(MIDIMON_SOURCE_DIR "/tools/docker_registry.sh", "docker_registry.sh", "serve",
              config.c_str(), nullptr);
      ::_exit(127);
    }
    wait_for_port();
  }
  ~OciRegistry() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  OciRegistry(const OciRegistry&) = delete;
  OciRegistry& operator=(const OciRegistry&) = delete;

  [[nodiscard]] std::string host() const { return "127.0.0.1:" + port_; }

  // The file in which it keeps the blob of that hash, in hexadecimal.
  [[nodiscard]] std::filesystem::path blob(const std::string& hash) const {
    return directory_ / "blobs/docker/registry/v2/blobs/sha256" / hash.substr(0, 2) / hash / "data";
  }

 private:
  [[nodiscard]] std::filesystem::path log() const { return directory_ / "log"; }

  void wait_for_port() {
    const std::regex listening("listening on 127\\.0\\.0\\.1:(\\d+)");
    for (int tries = 0; tries < 3000; ++tries) {
      const std::string text = read_text(log());
      std::smatch match;
      if (std::regex_search(text, match, listening)) {
        port_ = match[1];
        return;
      }
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    std::fprintf(stderr, "docker-registry did not start:\n%s\n", read_text(log()).c_str());
    std::abort();
  }

  std::filesystem::path directory_;
  std::string port_;
  pid_t pid_ = -1;
};

}  // namespace midimon::testing
