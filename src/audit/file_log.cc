#include "audit/file_log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "audit/record.h"
#include "audit/store.h"
#include "base/path_error.h"

namespace midimon::audit {
namespace {

constexpr std::size_t kFlushAt = 256UL * 1024;

std::uint64_t weight(const Event& event) {
  return std::max<std::uint64_t>(event.count, 1);
}

}  // namespace

FileLog::~FileLog() {
  flush();
  if (!error_) return;
  trouble_ = error_;
  trouble_->message += fmt::format(" {} events are missing at its end.", missing_);
}

void FileLog::append(const Event& event) {
  if (error_) {
    missing_ += weight(event);
    return;
  }
  const std::size_t before = buffer_.size();
  const std::optional<FileStart> start =
      seq_ == 0 ? std::optional(FileStart{1, Hash{}}) : std::nullopt;
  append_text(buffer_, ++seq_, start, event);
  hash_ = chain(hash_, std::string_view(buffer_).substr(before));
  append_hash(buffer_, hash_);
  in_buffer_ += weight(event);
  if (buffer_.size() >= kFlushAt) flush();
}

bool FileLog::flush() {
  if (error_ || buffer_.empty()) return !error_;
  if (const int error = write_all(fd_.get(), buffer_); error != 0) {
    error_ = cannot("write", path_, error).value();
    missing_ += in_buffer_;
    // Part of a line would look like a change. Where it cannot be cut off, it has to.
    (void)!::ftruncate(fd_.get(), static_cast<off_t>(size_));
  } else {
    size_ += buffer_.size();
  }
  buffer_.clear();
  in_buffer_ = 0;
  return !error_;
}

}  // namespace midimon::audit
