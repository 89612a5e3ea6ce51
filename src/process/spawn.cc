#include "process/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/text.h"

namespace midimon {
namespace {

// Where a program starts. A directory that is gone would look like a program that is.
const char* start_directory(const std::string& wish) {
  for (const char* path : {wish.c_str(), static_cast<const char*>(std::getenv("HOME"))}) {
    struct stat info {};
    const bool there = path != nullptr && path[0] == '/' && ::stat(path, &info) == 0 &&
                       S_ISDIR(info.st_mode) && ::access(path, X_OK) == 0;
    if (there) return path;
  }
  return "/";
}

class FileActions {
 public:
  FileActions(int out, int err, const std::string& directory) {
    ::posix_spawn_file_actions_init(&actions_);
    open_null(STDIN_FILENO, O_RDONLY);
    set(STDOUT_FILENO, out);
    set(STDERR_FILENO, err);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    ::posix_spawn_file_actions_addchdir_np(&actions_, start_directory(directory));
  }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  void open_null(int fd, int flags) {
    ::posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", flags, 0);
  }
  void set(int fd, int from) {
    if (from < 0) {
      open_null(fd, O_WRONLY);
    } else {
      ::posix_spawn_file_actions_adddup2(&actions_, from, fd);
    }
  }

  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  Attributes() {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

Error not_started(const std::string& program, int error) {
  const std::string name = escape_line(program);
  const bool is_path = program.find('/') != std::string::npos;
  if (error == ENOENT && is_path) {
    return {ErrorCode::not_found,
            fmt::format("there is no program {}, or not the interpreter that its first line names",
                        name)};
  }
  if (error == ENOENT) {
    return {ErrorCode::not_found,
            fmt::format("there is no program \"{}\" on the PATH; install it, or write its whole "
                        "path",
                        name)};
  }
  if (error == EACCES) {
    return {ErrorCode::denied,
            fmt::format("\"{}\" may not be executed; chmod +x makes a file a program", name)};
  }
  if (error == ENOEXEC) {
    return {ErrorCode::invalid,
            fmt::format("\"{}\" is no program; the first line of a script names its interpreter, "
                        "such as #!/bin/sh",
                        name)};
  }
  return {ErrorCode::io, fmt::format("\"{}\" cannot be started: {}", name, std::strerror(error))};
}

}  // namespace

Result<pid_t> spawn(const std::vector<std::string>& argv, int out, int err,
                    const std::string& directory) {
  const FileActions files(out, err, directory);
  const Attributes attributes;
  std::vector<char*> words;
  words.reserve(argv.size() + 1);
  for (const std::string& word : argv)
    words.push_back(const_cast<char*>(word.c_str()));  // posix_spawn does not write to them
  words.push_back(nullptr);
  pid_t pid = 0;
  const int error =
      ::posix_spawnp(&pid, words.front(), files.get(), attributes.get(), words.data(), environ);
  if (error != 0) return tl::unexpected(not_started(argv.front(), error));
  return pid;
}

}  // namespace midimon
