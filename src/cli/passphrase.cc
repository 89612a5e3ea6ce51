#include "cli/passphrase.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/unique_fd.h"
#include "trust/private_file.h"
#include "trust/secret_key.h"

namespace midimon::cli {
namespace {

constexpr const char* kVariable = "MIDIMON_KEY_PASSPHRASE_FILE";

// Those that end or stop a program in the middle of a prompt.
constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGALRM};

// Where the handler leaves the number of the signal. A pipe, as a signal may be handled on another
// thread than the one that reads.
int signal_pipe = -1;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void on_signal(int number) {
  const int saved = errno;
  const auto byte = static_cast<unsigned char>(number);
  if (::write(signal_pipe, &byte, 1) < 0) errno = 0;  // full: one is there already
  errno = saved;
}

// A terminal that does not show what is typed, until this goes; signals wait until then.
class QuietTerminal {
 public:
  explicit QuietTerminal(int terminal) : terminal_(terminal) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
    in_.reset(ends[0]);
    out_.reset(ends[1]);
    if (::tcgetattr(terminal_, &before_) != 0) return;
    signal_pipe = out_.get();
    for (std::size_t i = 0; i < kSignals.size(); ++i)
      take_over(i);
    struct termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOK | ECHONL);
    quiet_ = ::tcsetattr(terminal_, TCSAFLUSH, &quiet) == 0;
  }
  ~QuietTerminal() {
    if (quiet_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < kSignals.size(); ++i)
      if (taken_[i]) ::sigaction(kSignals[i], &handlers_[i], nullptr);
  }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;

  [[nodiscard]] bool is_quiet() const { return quiet_; }
  [[nodiscard]] int signals() const { return in_.get(); }

 private:
  void take_over(std::size_t i) {
    struct sigaction action {};
    if (::sigaction(kSignals[i], nullptr, &handlers_[i]) != 0) return;
    if (handlers_[i].sa_handler == SIG_IGN) return;  // as with nohup
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    taken_[i] = ::sigaction(kSignals[i], &action, nullptr) == 0;
  }

  int terminal_;
  struct termios before_ {};
  bool quiet_ = false;
  UniqueFd in_;
  UniqueFd out_;
  std::array<struct sigaction, kSignals.size()> handlers_{};
  std::array<bool, kSignals.size()> taken_{};
};

// What came of one prompt: a line or the signal that cut it short.
struct Answer {
  trust::SecretBytes line;
  int signal = 0;
};

tl::unexpected<Error> nothing_typed() {
  return fail(ErrorCode::invalid, "No passphrase was given, so the key stays closed.");
}

tl::unexpected<Error> too_long() {
  return fail(ErrorCode::limit,
              "A passphrase has at most " + std::to_string(trust::kMaxPassphrase) + " bytes.");
}

// Reads up to the end of a line, which is not part of the answer.
Result<Answer> read_line(int terminal, const QuietTerminal& quiet) {
  Answer answer{trust::SecretBytes(trust::kMaxPassphrase + 1), 0};
  std::size_t size = 0;
  while (true) {
    std::array<pollfd, 2> ready = {{{terminal, POLLIN, 0}, {quiet.signals(), POLLIN, 0}}};
    if (::poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) {
      return trust::cannot("read from", "the terminal", errno);
    }
    unsigned char number = 0;
    if (::read(quiet.signals(), &number, 1) == 1) {
      answer.signal = number;
      return answer;
    }
    if (ready[0].revents == 0) continue;
    unsigned char* at = answer.line.data() + size;
    const ssize_t count = ::read(terminal, at, answer.line.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return nothing_typed();
    size += static_cast<std::size_t>(count);
    if (answer.line.data()[size - 1] == '\n') {
      answer.line.shrink(size - 1);
      return answer;
    }
    if (size == answer.line.size()) return too_long();
  }
}

void say(int terminal, const std::string& text) {
  // Where the terminal is gone the read that follows says so.
  if (::write(terminal, text.data(), text.size()) < 0) return;
}

Result<trust::SecretBytes> ask(int terminal, const std::string& prompt) {
  while (true) {
    std::optional<Result<Answer>> answer;
    {
      const QuietTerminal quiet(terminal);
      if (!quiet.is_quiet()) {
        return fail(ErrorCode::io, "The terminal cannot be kept from showing what is typed.");
      }
      say(terminal, prompt);
      answer = read_line(terminal, quiet);
      say(terminal, "\n");
    }
    if (!*answer) return tl::unexpected(answer->error());
    if ((*answer)->signal == 0) return std::move((*answer)->line);
    // The terminal is as it was: now the signal may do what it is for.
    ::raise((*answer)->signal);
    if ((*answer)->signal != SIGTSTP) return nothing_typed();
  }
}

Result<trust::SecretBytes> ask_terminal(const std::string& prompt, bool twice) {
  const UniqueFd terminal(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal.valid()) {
    return fail(ErrorCode::not_found,
                std::string("There is no terminal to ask for the passphrase at. Set ") + kVariable +
                    " to a file that holds it and that only you may read.");
  }
  auto passphrase = ask(terminal.get(), prompt);
  if (!passphrase || !twice) return passphrase;
  const auto again = ask(terminal.get(), "The same again: ");
  if (!again) return tl::unexpected(again.error());
  if (again->text() != passphrase->text()) {
    return fail(ErrorCode::invalid, "The two passphrases are not the same. Run it again.");
  }
  return passphrase;
}

Result<trust::SecretBytes> read_passphrase_file(const char* path) {
  auto bytes = trust::read_secret_file(path, trust::kMaxPassphrase + 2);
  if (!bytes) return bytes;
  std::string_view text = bytes->text();
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos) {
    return fail(ErrorCode::invalid, std::string(path) + " (" + kVariable +
                                        ") must hold the passphrase on one line and nothing else.");
  }
  if (text.size() > trust::kMaxPassphrase) return too_long();
  bytes->shrink(text.size());
  return bytes;
}

}  // namespace

Result<trust::SecretBytes> read_hidden_line(const std::string& prompt) {
  const UniqueFd terminal(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal.valid()) {
    return fail(ErrorCode::not_found, "There is no terminal to ask at. Give it on stdin.");
  }
  auto line = ask(terminal.get(), prompt);
  if (line && line->size() > 0) return line;
  if (!line && line.error().code == ErrorCode::limit) {
    return fail(ErrorCode::limit, "That is too long to be typed. Give it on stdin.");
  }
  if (!line && line.error().code != ErrorCode::invalid) return line;
  return fail(ErrorCode::invalid, "Nothing was typed, so nothing is stored.");
}

Result<trust::SecretBytes> read_passphrase(const std::string& prompt, bool twice) {
  const char* path = std::getenv(kVariable);
  auto passphrase =
      path != nullptr && *path != '\0' ? read_passphrase_file(path) : ask_terminal(prompt, twice);
  if (passphrase && passphrase->size() == 0) return nothing_typed();
  return passphrase;
}

}  // namespace midimon::cli
