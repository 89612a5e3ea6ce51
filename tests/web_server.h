// Web servers on this machine, for tests: plain or with TLS, and as badly behaved as a test wants.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace midimon::testing {

// A certificate for 127.0.0.1 and localhost (or other `names`) that is its own authority, and its
// key: certificate.pem and key.pem in `directory`.
inline void make_certificate(const std::filesystem::path& directory,
                             const std::string& names = "IP:127.0.0.1,DNS:localhost") {
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
      "-subj '/CN=midimon test' -addext 'subjectAltName=" +
      names + "' -keyout '" + (directory / "key.pem").string() + "' -out '" +
      (directory / "certificate.pem").string() + "' 2>/dev/null";
  if (std::system(command.c_str()) != 0) std::abort();
}

// A server written in Python that prints its port, from its start to the end of this.
class PythonServer {
 public:
  // `script` is in tests/.
  PythonServer(const std::string& script, const std::vector<std::string>& arguments) {
    std::vector<std::string> words = {"/usr/bin/python3", MIDIMON_SOURCE_DIR "/tests/" + script};
    words.insert(words.end(), arguments.begin(), arguments.end());
    start(words);
  }
  ~PythonServer() {
    ::close(to_server_);
    ::waitpid(pid_, nullptr, 0);
  }
  PythonServer(const PythonServer&) = delete;
  PythonServer& operator=(const PythonServer&) = delete;

  [[nodiscard]] const std::string& port() const { return port_; }

 private:
  void start(std::vector<std::string>& words) {
    int in[2];
    int out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      std::vector<char*> argv;
      for (std::string& word : words)
        argv.push_back(word.data());
      argv.push_back(nullptr);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    to_server_ = in[1];
    for (char c = 0; ::read(out[0], &c, 1) == 1 && c != '\n';)
      port_ += c;
    ::close(out[0]);
    if (port_.empty()) std::abort();
  }

  std::string port_;
  pid_t pid_ = -1;
  int to_server_ = -1;
};

// What a server with TLS is told of the directory of a make_certificate(); nothing for an empty
// one.
inline std::vector<std::string> certificate_files(const std::filesystem::path& certificate) {
  if (certificate.empty()) return {};
  return {(certificate / "certificate.pem").string(), (certificate / "key.pem").string()};
}

// tests/web_server.py, which says what can be asked of it, from its start to the end of this.
class WebServer {
 public:
  // Serves `directory`; with TLS if `certificate` is the directory of a make_certificate().
  explicit WebServer(std::filesystem::path directory, const std::filesystem::path& certificate = {})
      : directory_(std::move(directory)),
        scheme_(certificate.empty() ? "http" : "https"),
        server_("web_server.py", arguments(directory_, certificate)) {}

  [[nodiscard]] std::string url(const std::string& name) const {
    return scheme_ + "://127.0.0.1:" + port() + "/" + name;
  }
  [[nodiscard]] const std::string& port() const { return server_.port(); }

  void put(const std::string& name, const std::string& bytes, const std::string& how = {}) const {
    write(name, bytes);
    behave(name, how);
  }
  // From now on; empty: well.
  void behave(const std::string& name, const std::string& how) const {
    if (how.empty()) {
      std::filesystem::remove(directory_ / (name + ".how"));
    } else {
      write(name + ".how", how);
    }
  }
  // The requests so far, each as JSON: method, path, and headers in lower case.
  [[nodiscard]] std::vector<std::string> requests() const {
    std::ifstream in(directory_ / "requests.log");
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
      lines.push_back(line);
    return lines;
  }

 private:
  static std::vector<std::string> arguments(const std::filesystem::path& directory,
                                            const std::filesystem::path& certificate) {
    std::vector<std::string> all = certificate_files(certificate);
    all.insert(all.begin(), directory.string());
    return all;
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(directory_ / name, std::ios::binary | std::ios::trunc) << bytes;
  }
  std::filesystem::path directory_;
  std::string scheme_;
  PythonServer server_;
};

}  // namespace midimon::testing
