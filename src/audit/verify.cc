#include "audit/verify.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "audit/verify_file.h"

namespace midimon::audit {
namespace {

unsigned thread_count(const VerifyOptions& options) {
  constexpr unsigned kMost = 64;
  return std::clamp(options.threads == 0 ? std::thread::hardware_concurrency() : options.threads,
                    1U, kMost);
}

// Whether somebody writes to the journal. Whoever may not open the lock is told no.
bool is_being_written(int directory, const std::string& path) {
  const Result<UniqueFd> lock = open_file(directory, kLockName, O_RDONLY, path);
  if (!lock) return false;
  return ::flock(lock->get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

// Adds what was found in a file; what has to come next is in `expected`.
void add(Verified& out, Expected& expected, const CheckedFile& file) {
  ++out.files;
  out.records += file.records;
  out.bytes += file.bytes;
  if (out.first_seq == 0) out.first_seq = file.first_seq;
  if (file.records > 0) {
    out.last_seq = file.last_seq;
    expected.seq = file.last_seq + 1;
    expected.previous = file.last;
  }
  out.flaw = file.flaw;
}

Flaw head_flaw(std::string why) {
  return Flaw{kHeadName, 0, std::move(why)};
}

// The walk over one journal.
class DirectoryCheck {
 public:
  DirectoryCheck(int directory, const std::string& path, const VerifyOptions& options)
      : directory_(directory), path_(path), options_(options) {}

  Result<Verified> run();

 private:
  Result<void> read_heads();
  Result<bool> read_earlier();
  Result<void> check_all();
  Result<bool> check_one(std::uint64_t number, bool last);
  void check_ends();
  [[nodiscard]] std::optional<Flaw> missing(std::uint64_t number) const;

  int directory_;
  const std::string& path_;
  const VerifyOptions& options_;
  std::vector<std::uint64_t> files_;
  std::optional<Head> head_;
  bool growing_ = false;
  Expected expected_;
  std::vector<Wanted> wanted_;
  Verified out_;
};

Result<void> DirectoryCheck::read_heads() {
  auto head = read_head(directory_, path_);
  if (!head && head.error().code != ErrorCode::invalid) return tl::unexpected(head.error());
  if (!head) out_.flaw = head_flaw(head.error().message);
  if (head) head_ = *head;
  if (head_ && head_->seq > 0) {
    wanted_.push_back({head_->seq, head_->hash, kHeadName, false});
  }
  return {};
}

// False: it is flawed.
Result<bool> DirectoryCheck::read_earlier() {
  if (options_.earlier_head.empty()) return true;
  const auto text = read_small_file(AT_FDCWD, options_.earlier_head, options_.earlier_head);
  if (!text) return tl::unexpected(text.error());
  const auto head = parse_head(*text);
  if (!head) {
    out_.flaw = Flaw{options_.earlier_head, 0, head.error().message};
    return false;
  }
  if (head_ && head->seq > 0 && head->file < head_->first_file) {
    out_.flaw = Flaw{options_.earlier_head, 0,
                     fmt::format("its record {} was in {}, and what is kept begins with {}",
                                 head->seq, file_name(head->file), file_name(head_->first_file))};
    return false;
  }
  if (head->seq > 0) {
    wanted_.push_back({head->seq, head->hash, options_.earlier_head, false});
  }
  return true;
}

Result<Verified> DirectoryCheck::run() {
  growing_ = is_being_written(directory_, path_ + "/" + kLockName);
  if (auto read = read_heads(); !read) return tl::unexpected(read.error());
  if (out_.flaw) return out_;
  const auto earlier = read_earlier();
  if (!earlier) return tl::unexpected(earlier.error());
  if (!*earlier) return out_;
  // After the head, so that the files reach at least as far.
  auto files = list_files(directory_, path_);
  if (!files) return tl::unexpected(files.error());
  files_ = std::move(*files);
  if (!head_) {
    // An empty directory is whole: nothing was written yet.
    if (!files_.empty()) out_.flaw = head_flaw("it is missing");
    return out_;
  }
  expected_.previous = head_->first_previous;
  if (auto checked = check_all(); !checked) return tl::unexpected(checked.error());
  if (!out_.flaw) check_ends();
  return out_;
}

std::optional<Flaw> DirectoryCheck::missing(std::uint64_t number) const {
  const std::uint64_t expected = expected_.file.value_or(0);
  if (number == expected) return {};
  if (number < expected) {
    return Flaw{file_name(number), 0,
                "the head record says that the journal begins after it: it was put in, or the head "
                "was changed"};
  }
  return Flaw{file_name(expected), 0, "the file is missing"};
}

Result<void> DirectoryCheck::check_all() {
  expected_.file = head_->first_file;
  for (const std::uint64_t number : files_) {
    // Whoever writes takes it out of the head first, and then away.
    if (growing_ && number < head_->first_file) continue;
    out_.flaw = missing(number);
    if (out_.flaw) return {};
    const auto goes_on = check_one(number, number == files_.back());
    if (!goes_on) return tl::unexpected(goes_on.error());
    if (!*goes_on) return {};
    ++*expected_.file;
  }
  return {};
}

Result<bool> DirectoryCheck::check_one(std::uint64_t number, bool last) {
  const std::string name = file_name(number);
  const auto fd = open_file(directory_, name, O_RDONLY, path_ + "/" + name);
  if (!fd) return tl::unexpected(fd.error());
  const auto file =
      check_file(fd->get(), name, expected_, growing_ && last, thread_count(options_), wanted_);
  if (!file) return tl::unexpected(file.error());
  if (file->records == 0 && !file->flaw && !last) {
    out_.flaw = Flaw{name, 0, "all of its records are missing"};
    return false;
  }
  add(out_, expected_, *file);
  return !out_.flaw;
}

// Whether the journal reaches as far as its head, and an earlier one, say.
void DirectoryCheck::check_ends() {
  for (const Wanted& item : wanted_) {
    if (item.found) continue;
    const std::string name = files_.empty() ? file_name(head_->file) : file_name(files_.back());
    if (item.seq <= out_.last_seq) {
      out_.flaw = Flaw{item.file, 0,
                       fmt::format("the hash that it names is not that of record {}: one of the "
                                   "two was changed",
                                   item.seq)};
    } else if (head_->file > (files_.empty() ? 0 : files_.back())) {
      out_.flaw = Flaw{file_name(files_.empty() ? head_->first_file : files_.back() + 1), 0,
                       "the file is missing"};
    } else {
      out_.flaw =
          Flaw{name, 0,
               fmt::format("it ends with record {}, but {} names record {}: the end is missing",
                           out_.last_seq, item.file, item.seq)};
    }
    return;
  }
}

Result<std::string> head_text(int directory, const std::string& path) {
  auto text = read_small_file(directory, kHeadName, path);
  if (!text && text.error().code == ErrorCode::not_found) return std::string();
  return text;
}

}  // namespace

Result<Verified> verify_directory(const std::string& directory, const VerifyOptions& options) {
  const Result<UniqueFd> fd = open_directory(directory);
  if (!fd) return tl::unexpected(fd.error());
  // A journal that is written to may lose its oldest file while it is looked at, and the head then
  // changes: that is no flaw, and it is looked at again.
  constexpr int kTries = 5;
  for (int i = 1;; ++i) {
    const auto before = head_text(fd->get(), directory);
    if (!before) return tl::unexpected(before.error());
    Result<Verified> out = DirectoryCheck(fd->get(), directory, options).run();
    if (out && !out->flaw) return out;
    const auto after = head_text(fd->get(), directory);
    if (i == kTries || !after || *before == *after) return out;
  }
}

Result<Verified> verify_files(const std::vector<std::string>& paths, const VerifyOptions& options) {
  std::vector<std::pair<std::optional<std::uint64_t>, std::string>> files;
  files.reserve(paths.size());
  for (const std::string& path : paths) {
    files.emplace_back(file_number(std::filesystem::path(path).filename().string()), path);
  }
  std::stable_sort(files.begin(), files.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Verified out;
  Expected expected;
  std::vector<Wanted> none;
  for (const auto& [number, path] : files) {
    if (!number || !expected.file || *number != *expected.file) expected = {};
    expected.file = number;
    const auto fd = open_file(AT_FDCWD, path, O_RDONLY, path);
    if (!fd) return tl::unexpected(fd.error());
    const auto file = check_file(fd->get(), path, expected, false, thread_count(options), none);
    if (!file) return tl::unexpected(file.error());
    add(out, expected, *file);
    if (out.flaw) return out;
    if (number) expected.file = *number + 1;
  }
  return out;
}

}  // namespace midimon::audit
