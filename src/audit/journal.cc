#include "audit/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "audit/recovery.h"
#include "base/path_error.h"

namespace midimon::audit {
namespace {

constexpr std::size_t kFlushAt = 256UL * 1024;
constexpr Nanos kSecond = std::chrono::seconds(1);
constexpr const char* kTemporaryHead = "head.json.new";

// How many events `event` stands for.
std::uint64_t weight(const Event& event) {
  return std::max<std::uint64_t>(event.count, 1);
}

Nanos modified(const struct stat& status) {
  return std::chrono::seconds(status.st_mtim.tv_sec) + Nanos(status.st_mtim.tv_nsec);
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(JournalOptions options, const Clock& clock) {
  std::unique_ptr<Journal> journal(new Journal(std::move(options), clock));
  Result<UniqueFd> directory = open_private_directory(journal->options_.directory);
  if (!directory) return tl::unexpected(directory.error());
  journal->directory_ = std::move(*directory);
  if (auto locked = journal->lock(); !locked) return tl::unexpected(locked.error());
  if (auto started = journal->start(); !started) {
    journal->lock_.reset();  // its content stays: whoever comes next looks again
    return tl::unexpected(started.error());
  }
  return journal;
}

Journal::~Journal() {
  if (!lock_.valid()) return;
  flush();
  if (unwritten_ > 0) write_lost();
  const bool clean = !error_ && (!head_is_old_ || write_head());
  // An empty lock says that nothing was left undone.
  if (clean && ::ftruncate(lock_.get(), 0) != 0) return;
}

// The lock holds the process id of whoever writes, and is empty after a clean end.
Result<void> Journal::lock() {
  const std::string path = shown(kLockName);
  Result<UniqueFd> fd = open_file(directory_.get(), kLockName, O_RDWR | O_CREAT, path);
  if (!fd) return tl::unexpected(fd.error());
  const Result<std::string> content = read_small_file(directory_.get(), kLockName, path);
  const std::string pid =
      content ? content->substr(0, content->find_first_not_of("0123456789")) : "";
  if (::flock(fd->get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return cannot("lock", path, errno);
    return fail(
        ErrorCode::busy,
        fmt::format("The audit journal {} is being written by process {}. End that process, "
                    "or set MIDIMON_HOME to another directory for this one.",
                    options_.directory, pid.empty() ? "(unknown)" : pid));
  }
  was_killed_ = !pid.empty();
  const std::string mine = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd->get(), 0) != 0 ||
      ::pwrite(fd->get(), mine.data(), mine.size(), 0) != static_cast<ssize_t>(mine.size())) {
    return cannot("write", path, errno);
  }
  lock_ = std::move(*fd);
  return {};
}

Result<void> Journal::start() {
  Result<std::optional<Head>> head = read_head(directory_.get(), options_.directory);
  const bool unreadable = !head;
  const bool there = head && *head;
  if (there) head_ = **head;
  const Result<Tail> tail = recover(directory_.get(), options_.directory);
  if (!tail) return tl::unexpected(tail.error());

  const bool added = there && !was_killed_ && head_.seq < tail->seq;
  const bool other = there && head_.seq == tail->seq && head_.hash != tail->hash;
  const std::uint64_t missing = head_.seq > tail->seq ? head_.seq - tail->seq : 0;
  std::string detail;
  if (unreadable) detail = "the head record was not readable";
  if (!unreadable && !there && tail->file > 0) detail = "the head record was missing";
  if (added) detail = "the journal was longer than its head record";
  if (other) detail = "the last record was not that of the head record";
  if (missing > 0) detail = "the journal was shorter than its head record";

  at_ = {std::max(head_.seq, tail->seq), tail->seq == 0 ? head_.hash : tail->hash, true, {}};
  number_ = std::max(tail->file, head_.file);
  if (tail->goes_on && tail->file == number_) {
    if (auto opened = continue_file(tail->file); !opened) return opened;
    size_ = tail->size;
    at_.first = false;
    at_.begun = tail->begun;
  }
  written_ = at_;
  if (!there) {
    const auto files = list_files(directory_.get(), options_.directory);
    head_.first_file = files && !files->empty() ? files->front() : number_ + 1;
    head_.first_previous =
        previous_of(directory_.get(), head_.first_file, options_.directory).value_or(Hash{});
  }
  if (!there && !write_head()) return tl::unexpected(*error_);
  if (!detail.empty() || tail->cut > 0 || (was_killed_ && at_.seq > 0)) {
    resume(detail, tail->cut, missing);
  }
  drop_old_files();
  return {};
}

Result<void> Journal::continue_file(std::uint64_t file) {
  const std::string name = file_name(file);
  Result<UniqueFd> fd = open_file(directory_.get(), name, O_WRONLY | O_APPEND, shown(name));
  if (!fd) return tl::unexpected(fd.error());
  file_ = std::move(*fd);
  return {};
}

void Journal::resume(const std::string& detail, std::uint64_t cut, std::uint64_t missing) {
  Event event;
  event.kind = EventKind::resume;
  event.detail = detail;
  event.size = cut;
  event.count = missing;
  append(event);
  // What could not be written now is told later, as lost.
  flush();
}

void Journal::append(const Event& event) {
  Event stamped = event;
  if (stamped.time == Nanos{}) stamped.time = clock_.realtime();
  if (buffer_.size() >= kFlushAt) flush();
  if (is_due(stamped.time)) {
    flush();
    rotate();
  }
  if (unwritten_ > 0 && buffer_.empty()) {
    Event lost;
    lost.kind = EventKind::lost;
    lost.time = stamped.time;
    lost.count = unwritten_;
    add(lost);
    in_buffer_ = 0;  // if this fails, what it stands for is still in unwritten_
  }
  add(stamped);
  in_buffer_ += weight(stamped);
}

void Journal::add(const Event& event) {
  const std::size_t before = buffer_.size();
  std::optional<FileStart> start;
  if (at_.first) start = FileStart{number_, at_.hash};
  append_text(buffer_, at_.seq + 1, start, event);
  if (at_.first) at_.begun = event.time;
  at_.hash = chain(at_.hash, std::string_view(buffer_).substr(before));
  append_hash(buffer_, at_.hash);
  at_.first = false;
  ++at_.seq;
}

// Whether the record of this time belongs into a new file.
bool Journal::is_due(Nanos time) const {
  if (!file_.valid()) return true;
  if (at_.first) return false;
  return size_ + buffer_.size() >= options_.file_bytes || time - at_.begun >= options_.file_age;
}

// Begins a new file. Where that fails the old one is gone on with, if there is one.
bool Journal::rotate() {
  if (head_is_old_) write_head();
  const std::string name = file_name(number_ + 1);
  Result<UniqueFd> fd =
      open_file(directory_.get(), name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, shown(name));
  if (!fd) return fail_with(fd.error());
  file_ = std::move(*fd);
  ++number_;
  size_ = 0;
  spoiled_ = false;
  at_.first = true;
  written_ = at_;
  drop_old_files();
  return true;
}

bool Journal::flush() {
  if (buffer_.empty()) return !error_;
  tried_ = clock_.monotonic();
  const bool worked = write_buffer();
  if (worked) {
    if (unwritten_ > 0) unwritten_ = 0;  // the buffer began with a record of them
    size_ += buffer_.size();
    written_ = at_;
    head_is_old_ = true;
    error_.reset();
  } else {
    unwritten_ += in_buffer_;
    at_ = written_;
  }
  buffer_.clear();
  in_buffer_ = 0;
  if (worked && clock_.monotonic() - head_written_ >= kSecond) write_head();
  return worked;
}

// Writes the buffer as a whole or not at all.
bool Journal::write_buffer() {
  const std::string path = shown(file_name(number_));
  if (!file_.valid()) return fail_with(error_.value_or(Error{ErrorCode::io, "There is no file."}));
  const auto cut = [&] { return ::ftruncate(file_.get(), static_cast<off_t>(size_)) == 0; };
  if (spoiled_) spoiled_ = !cut();
  if (spoiled_) return fail_with(cannot("cut", path, errno).value());
  int error = write_all(file_.get(), buffer_, options_.write);
  if (error == 0 && options_.sync && ::fdatasync(file_.get()) != 0) error = errno;
  if (error == 0) return true;
  spoiled_ = !cut();
  return fail_with(cannot("write", path, error).value());
}

bool Journal::fail_with(Error error) {
  error_ = std::move(error);
  return false;
}

void Journal::tick() {
  const Nanos now = clock_.monotonic();
  if (!buffer_.empty()) flush();
  if (unwritten_ > 0 && now - tried_ >= kSecond) write_lost();
  if (head_is_old_ && now - head_written_ >= kSecond) write_head();
}

// Tries again with a record of what was lost, when nothing else comes that could follow it.
void Journal::write_lost() {
  tried_ = clock_.monotonic();
  if (is_due(clock_.realtime()) && !rotate() && !file_.valid()) return;
  Event lost;
  lost.kind = EventKind::lost;
  lost.time = clock_.realtime();
  lost.count = unwritten_;
  add(lost);
  in_buffer_ = 0;
  flush();
}

bool Journal::write_head() {
  head_.seq = written_.seq;
  head_.hash = written_.hash;
  head_.file = written_.first && number_ > 0 ? number_ - 1 : number_;
  head_.time = clock_.realtime();
  head_written_ = clock_.monotonic();
  const std::string path = shown(kHeadName);
  const Result<UniqueFd> fd = open_file(directory_.get(), kTemporaryHead,
                                        O_WRONLY | O_CREAT | O_TRUNC, shown(kTemporaryHead));
  if (!fd) return fail_with(fd.error());
  int error = write_all(fd->get(), to_line(head_), options_.write);
  if (error == 0 && options_.sync && ::fdatasync(fd->get()) != 0) error = errno;
  if (error == 0 &&
      ::renameat(directory_.get(), kTemporaryHead, directory_.get(), kHeadName) != 0) {
    error = errno;
  }
  if (error != 0) return fail_with(cannot("write", path, error).value());
  head_is_old_ = false;
  if (unwritten_ == 0) error_.reset();
  return true;
}

// Removes the oldest files, those that are left from before the head's first file too.
void Journal::drop_old_files() {
  const auto files = list_files(directory_.get(), options_.directory);
  if (!files) return;
  std::uint64_t total = 0;
  std::vector<struct stat> status(files->size());
  for (std::size_t i = 0; i < files->size(); ++i) {
    const std::string name = file_name((*files)[i]);
    if (::fstatat(directory_.get(), name.c_str(), &status[i], AT_SYMLINK_NOFOLLOW) != 0) return;
    total += static_cast<std::uint64_t>(status[i].st_size);
  }
  const Nanos now = clock_.realtime();
  for (std::size_t i = 0; i + 1 < files->size() && (*files)[i] < number_; ++i) {
    const bool left = (*files)[i] < head_.first_file;
    const bool old = now - modified(status[i]) >= options_.keep_age;
    if (!left && !old && total <= options_.keep_bytes) return;
    if (!left && !drop_first_file((*files)[i + 1])) return;
    if (::unlinkat(directory_.get(), file_name((*files)[i]).c_str(), 0) != 0) return;
    total -= static_cast<std::uint64_t>(status[i].st_size);
  }
}

// Lets the head begin with the file `next`. The file before it goes only then: a head that names a
// file that is gone would look like a file taken away.
bool Journal::drop_first_file(std::uint64_t next) {
  // A file that was just begun is still empty, and hangs on the last record.
  const auto previous = next == number_ && written_.first
                            ? std::optional(written_.hash)
                            : previous_of(directory_.get(), next, options_.directory);
  const Head before = head_;
  head_.first_file = next;
  head_.first_previous = previous.value_or(Hash{});
  if (write_head()) return true;
  head_ = before;
  head_is_old_ = true;
  return false;
}

}  // namespace midimon::audit
