#include "audit/recovery.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "audit/lines.h"
#include "audit/record.h"
#include "base/path_error.h"

namespace midimon::audit {
namespace {

struct Scanned {
  bool any_line = false;
  std::uint64_t good_end = 0;  // of the last line whose hash is right; 0: there is none
  std::uint64_t seq = 0;       // of it
  Hash hash{};
  Nanos begun{};
};

Result<Scanned> scan(int fd, const std::string& path) {
  Scanned out;
  Lines lines(fd);
  std::optional<Hash> previous;
  while (const auto line = lines.next(true)) {
    if (!line->whole) continue;
    out.any_line = true;
    if (lines.number() == 1) {
      const Result<Record> first = parse_line(line->text);
      if (first && first->start) previous = first->start->previous;
      if (first) out.begun = first->time;
    }
    const auto split = split_line(line->text);
    const auto seq = split ? seq_of(split->text) : std::nullopt;
    if (seq && previous && chain(*previous, split->text) == split->hash) {
      out.good_end = lines.end();
      out.seq = *seq;
      out.hash = split->hash;
    }
    if (split) previous = split->hash;
  }
  if (lines.error() != 0) return cannot("read", path, lines.error());
  return out;
}

Result<std::uint64_t> size_of(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return cannot("look at", path, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

// Looks at one file. True: the journal ends in it, and `tail` says where.
Result<bool> recover_file(int directory, std::uint64_t number, const std::string& path,
                          Tail& tail) {
  const std::string name = file_name(number);
  const std::string shown = path + "/" + name;
  const Result<UniqueFd> fd = open_file(directory, name, O_RDWR, shown);
  if (!fd) return tl::unexpected(fd.error());
  const Result<Scanned> scanned = scan(fd->get(), shown);
  if (!scanned) return tl::unexpected(scanned.error());
  const Result<std::uint64_t> size = size_of(fd->get(), shown);
  if (!size) return tl::unexpected(size.error());
  if (scanned->good_end == 0 && !scanned->any_line) {
    if (::unlinkat(directory, name.c_str(), 0) != 0) return cannot("remove", shown, errno);
    tail.cut += *size;
    return false;
  }
  tail.file = tail.file == 0 ? number : tail.file;
  if (scanned->good_end == 0) return false;
  tail.seq = scanned->seq;
  tail.hash = scanned->hash;
  if (tail.file != number) return true;
  if (scanned->good_end < *size &&
      ::ftruncate(fd->get(), static_cast<off_t>(scanned->good_end)) != 0) {
    return cannot("cut", shown, errno);
  }
  tail.cut += *size - scanned->good_end;
  tail.goes_on = true;
  tail.size = scanned->good_end;
  tail.begun = scanned->begun;
  return true;
}

}  // namespace

Result<Tail> recover(int directory, const std::string& path) {
  const Result<std::vector<std::uint64_t>> files = list_files(directory, path);
  if (!files) return tl::unexpected(files.error());
  Tail tail;
  for (auto number = files->rbegin(); number != files->rend(); ++number) {
    const Result<bool> found = recover_file(directory, *number, path, tail);
    if (!found) return tl::unexpected(found.error());
    if (*found) break;
  }
  return tail;
}

std::optional<Hash> previous_of(int directory, std::uint64_t file, const std::string& path) {
  const Result<UniqueFd> fd = open_file(directory, file_name(file), O_RDONLY, path);
  if (!fd) return {};
  Lines lines(fd->get());
  const auto line = lines.next(false);
  if (!line) return {};
  const Result<Record> record = parse_line(line->text);
  if (!record || !record->start) return {};
  return record->start->previous;
}

}  // namespace midimon::audit
