// The FileLog class keeps events in one file, in the format of a journal (docs/audit.md): for a run
// that somebody wants to look at, and not for good.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "audit/event_log.h"
#include "audit/hash.h"
#include "base/unique_fd.h"

namespace midimon::audit {

class FileLog final : public EventLog {
 public:
  // `fd` is open for writing on an empty file; `path` is for messages. `trouble` is set when
  // something could not be written, and says how much is missing once this is gone; it outlives
  // this. After a failure nothing more is written: what is in the file is whole.
  FileLog(UniqueFd fd, std::string path, std::optional<Error>& trouble)
      : fd_(std::move(fd)), path_(std::move(path)), trouble_(trouble) {}
  ~FileLog() override;
  FileLog(const FileLog&) = delete;
  FileLog& operator=(const FileLog&) = delete;

  // An event without a time has the time 0.
  void append(const Event& event) override;
  bool flush() override;
  [[nodiscard]] const std::optional<Error>& error() const override { return error_; }

 private:
  UniqueFd fd_;
  std::string path_;
  std::optional<Error>& trouble_;
  std::optional<Error> error_;
  std::string buffer_;
  std::uint64_t in_buffer_ = 0;  // events
  std::uint64_t missing_ = 0;    // events
  std::uint64_t size_ = 0;       // of the file, which ends with a whole line
  std::uint64_t seq_ = 0;
  Hash hash_{};
};

}  // namespace midimon::audit
