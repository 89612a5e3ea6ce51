// Pipes to and from programs, and what comes out of one, up to a bound.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "midimon/result.h"

namespace midimon {

// Both ends are closed in programs, and above the descriptors that one starts with.
struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe();

// From now on reading and writing do not wait.
void do_not_block(const UniqueFd& fd);

// The Output class is what a program prints: the first `max` bytes of it.
class Output {
 public:
  explicit Output(std::size_t max) : max_(max) {}

  // Where it comes from: a pipe that does not block.
  void open(UniqueFd fd) { fd_ = std::move(fd); }
  // Not valid once it is at its end.
  [[nodiscard]] const UniqueFd& fd() const { return fd_; }
  // Takes what is there.
  void read();

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool truncated() const { return truncated_; }

 private:
  std::size_t max_;
  UniqueFd fd_;
  std::string text_;
  bool truncated_ = false;
};

}  // namespace midimon
