// What stands behind a guest's stdin, stdout and stderr.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>

#include "base/errno.h"
#include "base/unique_fd.h"
#include "vfs/file_system.h"
#include "wasm/budget.h"

namespace midimon::wasi {

// The InputStream class is read by one guest at a time. Not thread-safe.
class InputStream {
 public:
  virtual ~InputStream() = default;
  // Waits for bytes until the budget is over; 0 at the end of the stream.
  virtual ErrnoOr<std::size_t> read(std::span<const iovec> buffers, wasm::Budget& budget) = 0;
  [[nodiscard]] virtual vfs::FileType type() const = 0;
  // A descriptor to wait for with poll(2); -1 where a read never waits.
  [[nodiscard]] virtual int poll_fd() const { return -1; }
};

// The OutputStream class is written by one guest at a time. Not thread-safe.
class OutputStream {
 public:
  virtual ~OutputStream() = default;
  virtual ErrnoOr<std::size_t> write(std::span<const iovec> buffers, wasm::Budget& budget) = 0;
  [[nodiscard]] virtual vfs::FileType type() const = 0;
  [[nodiscard]] virtual int poll_fd() const { return -1; }
};

// At its end from the start.
class EmptyInput final : public InputStream {
 public:
  ErrnoOr<std::size_t> read(std::span<const iovec>, wasm::Budget&) override { return 0; }
  [[nodiscard]] vfs::FileType type() const override { return vfs::FileType::unknown; }
};

// Keeps the first `limit` bytes and counts the rest; a guest that floods it is told that all is
// well. It reads as a terminal, so that a C library writes each line as it ends.
class CapturedOutput final : public OutputStream {
 public:
  explicit CapturedOutput(std::size_t limit) : limit_(limit) {}
  ErrnoOr<std::size_t> write(std::span<const iovec> buffers, wasm::Budget& budget) override;
  [[nodiscard]] vfs::FileType type() const override { return vfs::FileType::character_device; }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::size_t dropped() const { return dropped_; }
  // Hands out what was kept and starts over.
  [[nodiscard]] std::string take();

 private:
  std::size_t limit_;
  std::size_t dropped_ = 0;
  std::string text_;
};

// A descriptor of the host, not owned. Reads and writes wait no longer than the budget allows and
// end when it is called back: pipes and terminals are opened anew without blocking, which leaves
// the description that other processes share as it was.
class HostInput final : public InputStream {
 public:
  explicit HostInput(int fd);
  ErrnoOr<std::size_t> read(std::span<const iovec> buffers, wasm::Budget& budget) override;
  [[nodiscard]] vfs::FileType type() const override { return type_; }
  [[nodiscard]] int poll_fd() const override;

 private:
  UniqueFd own_;
  int fd_;
  vfs::FileType type_;
  bool is_socket_;
};

// Written to a terminal, control characters that could change it (escape sequences, C1 controls)
// are replaced by "?"; anywhere else bytes pass as they are.
class HostOutput final : public OutputStream {
 public:
  explicit HostOutput(int fd);
  ErrnoOr<std::size_t> write(std::span<const iovec> buffers, wasm::Budget& budget) override;
  [[nodiscard]] vfs::FileType type() const override { return type_; }
  [[nodiscard]] int poll_fd() const override;

 private:
  ErrnoOr<std::size_t> write_some(const char* data, std::size_t size, wasm::Budget& budget);

  UniqueFd own_;
  int fd_;
  vfs::FileType type_;
  bool is_socket_;
};

// `text` with every byte that a terminal could take for a command replaced by "?". Tabs and line
// ends stay, and so does well-formed UTF-8 but for C1 controls.
[[nodiscard]] std::string for_terminal(std::string_view text);

}  // namespace midimon::wasi
