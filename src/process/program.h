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
  // `path` is absolute, and gone as open_trusted() goes it (trusted_path.h). Errors: not_found;
  // invalid, it is no file that can be executed; denied, somebody but root and this user could
  // change it or put something else there; io.
  static Result<Program> open(const std::string& path);

  // For execveat(2); not to be read.
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  explicit Program(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace midimon
