#include "cli/confirm.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"
#include "trust/private_file.h"

namespace midimon::cli {

Result<bool> confirm(const std::string& question) {
  const UniqueFd terminal(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal.valid()) return fail(ErrorCode::not_found, "There is no terminal to ask at.");
  const std::string prompt = question + " [y/N] ";
  // What was typed before the question is no answer to it.
  ::tcflush(terminal.get(), TCIFLUSH);
  if (::write(terminal.get(), prompt.data(), prompt.size()) < 0) {
    return trust::cannot("write to", "the terminal", errno);
  }
  std::string line;
  while (!line.ends_with('\n')) {
    char c = '\0';
    const ssize_t count = ::read(terminal.get(), &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || line.size() == 16) break;  // the end of the input, or no answer
    line += c;
  }
  return line == "y\n" || line == "Y\n" || line == "yes\n" || line == "Yes\n";
}

}  // namespace midimon::cli
