// What the tests of audit share.
#pragma once

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "audit/event.h"
#include "audit/journal.h"
#include "audit/record.h"
#include "audit/store.h"
#include "base/clock.h"

namespace midimon::audit {

// A clock that is turned by hand, by any thread. It begins in the year 2026.
class TurnedClock final : public Clock {
 public:
  [[nodiscard]] Nanos monotonic() const override { return Nanos(now_.load()); }
  [[nodiscard]] Nanos realtime() const override {
    return Nanos(1'795'604'819'000'000'000 + now_.load());
  }
  void advance(Nanos by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_{0};
};

// A place for a journal, removed with all it holds.
class TestPlace {
 public:
  TestPlace() {
    std::string name = (std::filesystem::temp_directory_path() / "midimon-audit-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    root_ = name;
  }
  ~TestPlace() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  TestPlace(const TestPlace&) = delete;
  TestPlace& operator=(const TestPlace&) = delete;

  [[nodiscard]] std::string directory() const { return (root_ / "audit").string(); }
  [[nodiscard]] std::string path(const std::string& name) const { return directory() + "/" + name; }
  [[nodiscard]] std::string file(std::uint64_t number) const { return path(file_name(number)); }
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
};

inline std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

inline std::vector<std::string> lines_in(const std::string& path) {
  std::vector<std::string> lines;
  std::istringstream in(read_all(path));
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

inline void write_lines(const std::string& path, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines)
    text += line + "\n";
  write_file(path, text);
}

// All records of the files in `directory` that can be read, in order.
inline std::vector<Record> records_in(const std::string& directory) {
  std::vector<Record> records;
  const auto fd = open_directory(directory);
  if (!fd) return records;
  const auto files = list_files(fd->get(), directory);
  for (const std::uint64_t number : *files) {
    for (const std::string& line : lines_in(directory + "/" + file_name(number))) {
      if (auto record = parse_line(line)) records.push_back(std::move(*record));
    }
  }
  return records;
}

inline Event opened(std::string_view path, Errno result = Errno::success,
                    std::string_view plugin = "obs") {
  Event event;
  event.plugin = plugin;
  event.version = "1.0.0";
  event.mount = "/";
  event.path = path;
  event.result = result;
  return event;
}

inline std::unique_ptr<Journal> open_journal(JournalOptions options, const Clock& clock) {
  auto journal = Journal::open(std::move(options), clock);
  if (!journal) std::abort();
  return std::move(*journal);
}

// A journal of `files` files with `each` records, ended cleanly.
inline void make_journal(const TestPlace& place, std::uint64_t files, std::uint64_t each) {
  TurnedClock clock;
  JournalOptions options{.directory = place.directory()};
  options.file_age = std::chrono::hours(1);
  const auto journal = open_journal(options, clock);
  for (std::uint64_t i = 0; i < files * each; ++i) {
    if (i > 0 && i % each == 0) clock.advance(std::chrono::hours(1));
    journal->append(opened("file" + std::to_string(i)));
  }
}

}  // namespace midimon::audit
