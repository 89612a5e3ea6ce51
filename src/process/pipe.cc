#include "process/pipe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace midimon {

Result<Pipe> make_pipe() {
  std::array<int, 2> fds{};
  Pipe pipe;
  if (::pipe2(fds.data(), O_CLOEXEC) == 0) {
    const UniqueFd read(fds[0]);
    const UniqueFd write(fds[1]);
    pipe.read.reset(::fcntl(read.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    pipe.write.reset(::fcntl(write.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  }
  if (pipe.read.valid() && pipe.write.valid()) return pipe;
  return fail(ErrorCode::io, fmt::format("no pipe can be made for a command: {}; if too many files "
                                         "are open, raise `ulimit -n`",
                                         std::strerror(errno)));
}

void do_not_block(const UniqueFd& fd) {
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
}

// What is too much is read all the same: a program that nobody reads from stands still. Not without
// end, as others wait, too.
void Output::read() {
  std::array<char, 16'384> buffer;
  for (int i = 0; fd_.valid() && i < 16; ++i) {
    const ssize_t got = ::read(fd_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      fd_.reset();
      return;
    }
    const std::size_t room = max_ - text_.size();
    truncated_ = truncated_ || static_cast<std::size_t>(got) > room;
    text_.append(buffer.data(), std::min(static_cast<std::size_t>(got), room));
  }
}

}  // namespace midimon
