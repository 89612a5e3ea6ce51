#include "audit/reader.h"

#include <fcntl.h>
#include <fnmatch.h>

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_set>
#include <utility>

#include "audit/store.h"

namespace midimon::audit {
namespace {

// Paths that stats tells apart, and plugins that it lists.
constexpr std::size_t kMostPaths = 1'000'000;
constexpr std::size_t kMostPlugins = 10'000;

bool path_matches(const std::string& pattern, const std::string& path) {
  if (pattern.find_first_of("*?[") == std::string::npos) return path.starts_with(pattern);
  return ::fnmatch(pattern.c_str(), path.c_str(), FNM_NOESCAPE) == 0;
}

bool any_path_matches(const std::string& pattern, const Record& record) {
  const bool full = pattern.starts_with('/');
  for (const std::string* path : {&record.path, &record.target}) {
    if (path->empty()) continue;
    if (path_matches(pattern, full ? full_path(record, *path) : *path)) return true;
  }
  return false;
}

bool touches_a_file(const Record& record) {
  if (record.result != Errno::success || record.path.empty()) return false;
  switch (record.kind) {
    case EventKind::load:
    case EventKind::call:
    case EventKind::end:
    case EventKind::quota_warning:
    case EventKind::quota_hit:
    case EventKind::deny:
    case EventKind::lost:
    case EventKind::resume:
      return false;
    default:
      return true;
  }
}

bool is_refused(const Record& record) {
  return record.result != Errno::success && record.kind != EventKind::load &&
         record.kind != EventKind::call && record.kind != EventKind::end;
}

// Adds without going round: the numbers of a journal are whatever somebody wrote.
void add(std::uint64_t& sum, std::uint64_t more) {
  sum = sum + more < sum ? ~std::uint64_t{0} : sum + more;
}

class Counting {
 public:
  void take(const Record& record) {
    ++out_.records;
    const std::uint64_t weight = std::max<std::uint64_t>(record.count, 1);
    if (record.kind == EventKind::lost) add(out_.lost, weight);
    if (record.plugin.empty()) return;
    if (plugins_.size() >= kMostPlugins && !plugins_.contains(record.plugin)) return;
    PluginStats& plugin = plugins_[record.plugin];
    if (record.kind == EventKind::call) add(plugin.calls, weight);
    // The end of a call sums up what its files say one by one.
    if (record.kind == EventKind::close) {
      add(plugin.bytes_read, record.bytes_read);
      add(plugin.bytes_written, record.bytes_written);
    }
    if (is_refused(record)) add(plugin.refused, weight);
    if (touches_a_file(record) && is_new(record)) ++plugin.files;
  }
  void take_malformed() { ++out_.malformed; }

  Stats finish() {
    for (auto& [id, plugin] : plugins_) {
      plugin.plugin = id;
      out_.plugins.push_back(std::move(plugin));
    }
    return std::move(out_);
  }

 private:
  bool is_new(const Record& record) {
    if (paths_.size() >= kMostPaths) {
      out_.files_capped = true;
      return false;
    }
    // Only the hash of a path is kept, so that a million of them fit in memory.
    return paths_
        .insert(std::hash<std::string>()(record.plugin + '\0' + full_path(record, record.path)))
        .second;
  }

  Stats out_;
  std::map<std::string, PluginStats> plugins_;
  std::unordered_set<std::size_t> paths_;
};

}  // namespace

Result<Reader> Reader::open(const std::string& directory, std::size_t skip) {
  Reader reader;
  reader.directory_ = directory;
  Result<UniqueFd> fd = open_directory(directory);
  if (!fd) return tl::unexpected(fd.error());
  reader.fd_ = std::move(*fd);
  const auto files = list_files(reader.fd_.get(), directory);
  if (!files) return tl::unexpected(files.error());
  reader.file_count_ = files->size();
  if (skip > 0 && !files->empty()) {
    reader.number_ = (*files)[std::min(skip, files->size() - 1)] - 1;
  }
  return reader;
}

// Opens the first file after `number`. False: there is none.
bool Reader::open_after(std::uint64_t number) {
  const auto files = list_files(fd_.get(), directory_);
  if (!files) return false;
  for (auto next = std::upper_bound(files->begin(), files->end(), number); next != files->end();
       ++next) {
    auto file = open_file(fd_.get(), file_name(*next), O_RDONLY, file_name(*next));
    if (!file) continue;
    file_ = std::move(*file);
    lines_.emplace(file_.get());
    number_ = *next;
    return true;
  }
  return false;
}

bool Reader::is_last() const {
  const auto files = list_files(fd_.get(), directory_);
  return !files || files->empty() || files->back() <= number_;
}

std::optional<Reader::Entry> Reader::next() {
  if (!lines_ && !open_after(number_)) return {};
  while (true) {
    auto line = lines_->next(false);
    if (!line) {
      if (is_last()) return {};
      // Nothing more is written to this one: what is left in it now is all.
      line = lines_->next(true);
      if (!line && !open_after(number_)) return {};
      if (!line) continue;
    }
    if (!line->whole) {
      return Entry{number_, lines_->number(), line->text,
                   fail(ErrorCode::invalid, "it is not a record: it is cut or too long")};
    }
    return Entry{number_, lines_->number(), line->text, parse_line(line->text)};
  }
}

std::string full_path(const Record& record, const std::string& path) {
  const bool slash = record.mount.ends_with('/') || record.mount.empty();
  return record.mount + (slash ? "" : "/") + path;
}

bool matches(const Filter& filter, const Record& record) {
  if (!filter.plugin.empty() && record.plugin != filter.plugin) return false;
  if (filter.since && record.time < *filter.since) return false;
  if (filter.until && record.time >= *filter.until) return false;
  if (filter.event && record.kind != *filter.event) return false;
  if (filter.result && record.result != *filter.result) return false;
  if (filter.refused && record.result == Errno::success) return false;
  return filter.path.empty() || any_path_matches(filter.path, record);
}

Result<Stats> stats(const std::string& directory, const Filter& filter) {
  Result<Reader> reader = Reader::open(directory);
  if (!reader) return tl::unexpected(reader.error());
  Counting counting;
  while (const auto entry = reader->next()) {
    if (!entry->record) {
      counting.take_malformed();
    } else if (matches(filter, *entry->record)) {
      counting.take(*entry->record);
    }
  }
  return counting.finish();
}

}  // namespace midimon::audit
