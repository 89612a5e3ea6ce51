// The Journal class keeps events in files that show when they were changed. docs/audit.md has the
// format.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "audit/event_log.h"
#include "audit/record.h"
#include "audit/store.h"
#include "base/clock.h"
#include "base/unique_fd.h"
#include "midimon/result.h"

namespace midimon::audit {

struct JournalOptions {
  std::string directory;
  // A new file is begun once this one is so large or its first record so old.
  std::uint64_t file_bytes = 16UL * 1024 * 1024;
  Nanos file_age = std::chrono::hours(24);
  // The oldest files go once they were last written so long ago, or all of them together are
  // larger. The file that is written to stays.
  Nanos keep_age = std::chrono::hours(24 * 90);
  std::uint64_t keep_bytes = 512UL * 1024 * 1024;
  // fdatasync after each flush: records then outlive the machine and not only the process.
  bool sync = false;
  // write(2), for tests that let it fail.
  WriteFunction write = {};
};

// For one thread at a time. One process owns a directory while its Journal lives.
class Journal final : public EventLog {
 public:
  // Makes the directory where it is missing, or goes on with what is there: a torn last line is cut
  // off, and a `resume` record says so. Error: the directory cannot be used or trusted, or another
  // process has it.
  static Result<std::unique_ptr<Journal>> open(JournalOptions options, const Clock& clock);
  // A clean end: everything is flushed and the head written.
  ~Journal() override;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // An event without a time gets that of the clock.
  void append(const Event& event) override;
  bool flush() override;
  // Tries again after a failure, and keeps the head up to date.
  void tick() override;
  [[nodiscard]] const std::optional<Error>& error() const override { return error_; }
  // Events that could not be written and are not yet in a `lost` record.
  [[nodiscard]] std::uint64_t unwritten() const { return unwritten_; }
  // The records since the beginning.
  [[nodiscard]] std::uint64_t seq() const { return at_.seq; }

 private:
  // Where the next record goes and what it hangs on.
  struct At {
    std::uint64_t seq = 0;
    Hash hash{};
    bool first = true;  // it will be the first of its file
    Nanos begun{};      // the time of the first
  };

  Journal(JournalOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock) {}
  Result<void> lock();
  Result<void> start();
  Result<void> continue_file(std::uint64_t file);
  void resume(const std::string& detail, std::uint64_t cut, std::uint64_t missing);
  void add(const Event& event);
  [[nodiscard]] bool is_due(Nanos time) const;
  bool rotate();
  bool write_buffer();
  bool fail_with(Error error);
  void write_lost();
  bool write_head();
  void drop_old_files();
  bool drop_first_file(std::uint64_t next);
  [[nodiscard]] std::string shown(const std::string& name) const {
    return options_.directory + "/" + name;
  }

  JournalOptions options_;
  const Clock& clock_;
  UniqueFd directory_;
  UniqueFd lock_;
  bool was_killed_ = false;

  UniqueFd file_;
  std::uint64_t number_ = 0;  // of that file
  std::uint64_t size_ = 0;    // of it, which ends with a whole line
  bool spoiled_ = false;      // part of a line stands behind that
  At at_;
  At written_;  // the same, without what is in the buffer
  std::string buffer_;
  std::uint64_t in_buffer_ = 0;  // events
  std::uint64_t unwritten_ = 0;
  std::optional<Error> error_;
  Nanos tried_{};

  Head head_;  // as it is on disk, but for what was written since
  bool head_is_old_ = false;
  Nanos head_written_{};
};

}  // namespace midimon::audit
