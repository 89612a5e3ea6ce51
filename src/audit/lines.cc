#include "audit/lines.h"

#include <unistd.h>

#include <cerrno>

namespace midimon::audit {
namespace {

constexpr std::size_t kPiece = 256UL * 1024;

}  // namespace

// Reads a piece more. False: there is no more for now.
bool Lines::fill() {
  buffer_.erase(0, used_);
  used_ = 0;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kPiece);
  ssize_t got = -1;
  do {
    got = ::pread(fd_, buffer_.data() + before, kPiece, static_cast<off_t>(end_ + before));
  } while (got < 0 && errno == EINTR);
  if (got < 0) error_ = errno;
  buffer_.resize(before + static_cast<std::size_t>(got < 0 ? 0 : got));
  return got > 0;
}

Lines::Line Lines::hand_out(std::size_t length, std::size_t skip, bool whole) {
  const Line line{std::string_view(buffer_).substr(used_, length), whole};
  begin_ = end_;
  end_ += length + skip;
  used_ += length + skip;
  searched_ = 0;
  ++number_;
  return line;
}

std::optional<Lines::Line> Lines::next(bool partial) {
  while (true) {
    const std::string_view rest = std::string_view(buffer_).substr(used_);
    const std::size_t length = rest.find('\n', searched_);
    if (length <= kMaxLine) return hand_out(length, 1, true);
    if (rest.size() > kMaxLine) return hand_out(kMaxLine, 0, false);
    searched_ = rest.size();
    if (fill()) continue;
    if (!partial || error_ != 0 || buffer_.size() == used_) {
      // Read anew next time: whoever writes may have cut it off and gone on differently.
      buffer_.clear();
      used_ = searched_ = 0;
      return {};
    }
    return hand_out(buffer_.size() - used_, 0, false);
  }
}

}  // namespace midimon::audit
