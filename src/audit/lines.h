// The Lines class reads a file line by line, in pieces of bounded size whatever the file holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/record.h"

namespace midimon::audit {

class Lines {
 public:
  // `fd` is only used by pread and outlives this.
  explicit Lines(int fd) : fd_(fd) {}

  struct Line {
    std::string_view text;  // without its end; valid until the next call
    bool whole = true;      // false: nothing ends it, or it is longer than kMaxLine and goes on
  };
  // None at the end of the file, and when reading fails (error() is set then). With `partial`, what
  // stands after the last end of a line comes as a line that is not whole; without, it is left, and
  // the next call looks whether it was finished.
  std::optional<Line> next(bool partial);

  [[nodiscard]] int error() const { return error_; }
  // Of the line that came last: its number from 1, and where it begins and the next one begins.
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] std::uint64_t begin() const { return begin_; }
  [[nodiscard]] std::uint64_t end() const { return end_; }

 private:
  bool fill();
  Line hand_out(std::size_t length, std::size_t skip, bool whole);

  int fd_;
  std::string buffer_;        // of the file from `end_` on, less `used_`
  std::size_t used_ = 0;      // of the buffer, handed out
  std::size_t searched_ = 0;  // of the buffer from `used_`, without an end of a line
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t number_ = 0;
  int error_ = 0;
};

}  // namespace midimon::audit
