// The Program class is an executable file that was opened once: what was looked at is what runs,
// whatever its path leads to by then.
#pragma once

#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "midimon/result.h"

namespace midimon {

class Program {
 public:
  // `path` is absolute. Errors: not_found; invalid, it is no file that can be executed; denied, its
  // owner is neither root nor this user, or others may write to it.
  static Result<Program> open(const std::string& path);

  // For execveat(2); not to be read.
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  explicit Program(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace midimon
