#include "wasi/streams.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "wasi/wait.h"

namespace midimon::wasi {
namespace {

// A pipe or terminal that poll(2) calls writable takes this much without blocking (PIPE_BUF).
constexpr std::size_t kUnblockedWrite = 4096;

vfs::FileType type_of(int fd) {
  if (::isatty(fd) == 1) return vfs::FileType::character_device;
  struct stat status {};
  if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) return vfs::FileType::regular_file;
  return vfs::FileType::unknown;
}

// The same pipe or terminal in a description of our own that never blocks; none for what cannot be
// opened anew, or need not be: a socket has calls that do not block.
UniqueFd open_anew(int fd, int flags) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return {};
  if (!S_ISFIFO(status.st_mode) && ::isatty(fd) != 1) return {};
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  return UniqueFd(::open(path.c_str(), flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

bool is_socket(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

ssize_t receive_now(int fd, std::span<const iovec> buffers) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(buffers.data());  // recvmsg changes what they point to only
  message.msg_iovlen = buffers.size();
  return ::recvmsg(fd, &message, MSG_DONTWAIT);
}

// A terminal that is stopped may be called writable and yet take nothing: look again after a while.
constexpr Nanos kLookAgain = std::chrono::milliseconds(1);

bool pause_briefly(wasm::Budget& budget) {
  const Nanos now = std::chrono::steady_clock::now().time_since_epoch();
  return wait_for({}, now + kLookAgain, budget) != Waited::over;
}

ErrnoOr<std::size_t> wait_on(int fd, short events, wasm::Budget& budget) {
  pollfd waiting{fd, events, 0};
  if (wait_for({&waiting, 1}, Nanos::max(), budget) == Waited::over) return err(Errno::intr);
  return 0;
}

}  // namespace

ErrnoOr<std::size_t> CapturedOutput::write(std::span<const iovec> buffers, wasm::Budget&) {
  std::size_t total = 0;
  for (const iovec& buffer : buffers) {
    const std::size_t keep = std::min(buffer.iov_len, limit_ - text_.size());
    text_.append(static_cast<const char*>(buffer.iov_base), keep);
    dropped_ += buffer.iov_len - keep;
    total += buffer.iov_len;
  }
  return total;
}

std::string CapturedOutput::take() {
  dropped_ = 0;
  return std::exchange(text_, {});
}

HostInput::HostInput(int fd)
    : own_(open_anew(fd, O_RDONLY)),
      fd_(own_.valid() ? own_.get() : fd),
      type_(type_of(fd)),
      is_socket_(is_socket(fd)) {}

int HostInput::poll_fd() const {
  return type_ == vfs::FileType::regular_file ? -1 : fd_;
}

ErrnoOr<std::size_t> HostInput::read(std::span<const iovec> buffers, wasm::Budget& budget) {
  while (true) {
    if (poll_fd() >= 0) {
      if (const auto waited = wait_on(fd_, POLLIN, budget); !waited) return waited;
    }
    const ssize_t count = is_socket_
                              ? receive_now(fd_, buffers)
                              : ::readv(fd_, buffers.data(), static_cast<int>(buffers.size()));
    if (count >= 0) return static_cast<std::size_t>(count);
    // Somebody else who reads the same pipe was quicker.
    if (errno != EAGAIN && errno != EINTR) return err(last_errno());
    if (!pause_briefly(budget)) return err(Errno::intr);
  }
}

HostOutput::HostOutput(int fd)
    : own_(open_anew(fd, O_WRONLY)),
      fd_(own_.valid() ? own_.get() : fd),
      type_(type_of(fd)),
      is_socket_(is_socket(fd)) {}

int HostOutput::poll_fd() const {
  return type_ == vfs::FileType::regular_file ? -1 : fd_;
}

ErrnoOr<std::size_t> HostOutput::write_some(const char* data, std::size_t size,
                                            wasm::Budget& budget) {
  std::size_t done = 0;
  while (done < size) {
    std::size_t chunk = size - done;
    if (poll_fd() >= 0) {
      chunk = std::min(chunk, kUnblockedWrite);
      if (const auto waited = wait_on(fd_, POLLOUT, budget); !waited) return waited;
    }
    const ssize_t count = is_socket_ ? ::send(fd_, data + done, chunk, MSG_DONTWAIT | MSG_NOSIGNAL)
                                     : ::write(fd_, data + done, chunk);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
      if (!pause_briefly(budget)) return err(Errno::intr);
      continue;
    }
    if (count < 0) return done > 0 ? ErrnoOr<std::size_t>(done) : err(last_errno());
    done += static_cast<std::size_t>(count);
  }
  return done;
}

ErrnoOr<std::size_t> HostOutput::write(std::span<const iovec> buffers, wasm::Budget& budget) {
  std::size_t total = 0;
  for (const iovec& buffer : buffers) {
    const auto* data = static_cast<const char*>(buffer.iov_base);
    if (type_ == vfs::FileType::character_device) {
      const std::string shown = for_terminal({data, buffer.iov_len});
      const auto written = write_some(shown.data(), shown.size(), budget);
      if (!written) return total > 0 ? ErrnoOr<std::size_t>(total) : written;
      total += *written;  // byte for byte: for_terminal() replaces, it does not add
      if (*written < shown.size()) break;
      continue;
    }
    const auto written = write_some(data, buffer.iov_len, budget);
    if (!written) return total > 0 ? ErrnoOr<std::size_t>(total) : written;
    total += *written;
    if (*written < buffer.iov_len) break;
  }
  return total;
}

std::string for_terminal(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto byte = static_cast<unsigned char>(out[i]);
    const bool control =
        (byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r') || byte == 0x7F;
    // U+0080 to U+009F, the C1 controls, are C2 80 to C2 9F in UTF-8.
    const auto next = i + 1 < out.size() ? static_cast<unsigned char>(out[i + 1]) : 0U;
    if (control) out[i] = '?';
    if (byte == 0xC2 && next >= 0x80 && next <= 0x9F) out[i] = out[i + 1] = '?';
  }
  // A terminal that does not speak UTF-8 would take a lone byte from 80 to 9F for a C1 control.
  if (!vfs::is_utf8(out)) {
    for (char& c : out) {
      if (static_cast<unsigned char>(c) >= 0x80 && static_cast<unsigned char>(c) <= 0x9F) c = '?';
    }
  }
  return out;
}

}  // namespace midimon::wasi
