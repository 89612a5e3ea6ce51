#include "audit/verify_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <thread>

#include "audit/record.h"
#include "base/path_error.h"

namespace midimon::audit {
namespace {

// What one thread looks at in one go: longer than any line, short enough to stay in its cache.
constexpr std::size_t kPiece = 512UL * 1024;
static_assert(kPiece > kMaxLine);
// So much is read before it is looked at.
constexpr std::size_t kPiecesPerThread = 4;

// Whole lines of a file, and what the record before the first of them said its hash is.
struct Piece {
  std::string text;
  std::optional<Hash> previous;
  std::optional<std::uint64_t> seq;  // that the first of them has to have; none: any
  bool first = false;                // of the file
  std::uint64_t lines = 0;           // looked at, and right
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::optional<Hash> last;  // of the last of them
  std::string why;           // what is wrong with the line after them
};

constexpr const char* kNotALine = "it does not look like a record: it was changed, put in or cut";

std::string gap(std::uint64_t expected, std::uint64_t seq) {
  if (seq == expected - 1) return fmt::format("record {} stands here a second time", seq);
  if (seq < expected) {
    return fmt::format("record {} stands where {} should: it was moved or put in", seq, expected);
  }
  const std::uint64_t last = seq - 1;
  if (last == expected) return fmt::format("record {} is missing before this line", expected);
  return fmt::format("the records {} to {} are missing before this line, or stand elsewhere",
                     expected, last);
}

// What a record says of a break that happened while nothing was running; empty: nothing bad.
std::string confessed(std::string_view line) {
  // The kind stands near the beginning, so that only these records are read as a whole.
  constexpr std::size_t kWithin = 110;
  if (line.substr(0, kWithin).find("\"event\":\"resume\"") == std::string_view::npos) return {};
  const Result<Record> record = parse_line(line);
  if (!record || record->kind != EventKind::resume || record->detail.empty()) return {};
  std::string why = "when midimon went on here after a break, " + record->detail;
  if (record->count > 0) why += fmt::format(": {} records are missing", record->count);
  return why;
}

// The first line of a file has to say which it is and what came before.
std::string check_start(std::string_view line, const Expected& expected,
                        std::optional<Hash>& previous) {
  const Result<Record> record = parse_line(line);
  if (!record) return kNotALine;
  if (!record->start) return "the lines before it are missing: it is not the first of a file";
  if (expected.file && record->start->file != *expected.file) {
    return fmt::format("it was written as {}: the file was renamed",
                       file_name(record->start->file));
  }
  previous = record->start->previous;
  if (expected.previous && *expected.previous != *previous) {
    return "it does not follow on the file before it";
  }
  return {};
}

// Looks at the next line of a piece; where it is right, `piece` then says so.
std::string check_line(std::string_view line, Piece& piece, const Expected& expected) {
  const auto split = split_line(line);
  if (!split) return kNotALine;
  const std::uint64_t seq = seq_of(split->text).value_or(0);
  if (seq == 0) return kNotALine;
  if (piece.first && piece.lines == 0) {
    if (std::string why = check_start(line, expected, piece.previous); !why.empty()) return why;
  }
  std::string told = confessed(line);
  if (piece.seq && seq != *piece.seq && told.empty()) return gap(*piece.seq, seq);
  if (!piece.previous) return kNotALine;
  if (chain(*piece.previous, split->text) != split->hash) {
    return "its hash is not that of its text and the record before: it was changed or put in";
  }
  if (!told.empty()) return told;
  if (piece.lines == 0) piece.first_seq = seq;
  ++piece.lines;
  piece.last_seq = seq;
  piece.seq = seq + 1;
  piece.last = piece.previous = split->hash;
  return {};
}

// Looks at the lines of a piece up to the first flaw. Only for the first of a file `expected`
// counts.
void check_piece(Piece& piece, const Expected& expected, std::vector<Wanted>& wanted) {
  std::string_view rest = piece.text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const bool whole = end <= kMaxLine;
    piece.why = whole ? check_line(rest.substr(0, end), piece, expected) : kNotALine;
    if (!piece.why.empty()) return;
    for (Wanted& item : wanted) {
      if (item.seq == piece.last_seq && item.hash == *piece.last) item.found = true;
    }
    rest.remove_prefix(end + 1);
  }
}

// Reads whole lines, about kPiece of them; what is left over is kept for the next call.
class Pieces {
 public:
  explicit Pieces(int fd) : fd_(fd) {}

  // False: there is nothing more. A piece without the end of a line is what the file ends with, or
  // a line that is too long.
  bool next(std::string& text) {
    text = std::move(left_);
    left_.clear();
    while (true) {
      const std::size_t before = text.size();
      text.resize(before + kPiece);
      const ssize_t got = ::pread(fd_, text.data() + before, kPiece, static_cast<off_t>(at_));
      text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) error_ = errno;
      if (got <= 0) return !text.empty();
      at_ += static_cast<std::uint64_t>(got);
      const std::size_t end = text.rfind('\n');
      if (end != std::string::npos) {
        left_ = text.substr(end + 1);
        text.resize(end + 1);
        return true;
      }
      if (text.size() > kMaxLine) return true;
    }
  }
  [[nodiscard]] int error() const { return error_; }

 private:
  int fd_;
  std::uint64_t at_ = 0;
  std::string left_;
  int error_ = 0;
};

// Says in `next` what the last line of `piece` says of itself, for the piece after it.
void hand_over(const Piece& piece, Piece& next) {
  std::string_view text = piece.text;
  if (!text.ends_with('\n')) return;
  text.remove_suffix(1);
  const std::size_t begin = text.rfind('\n');
  const auto split = split_line(begin == std::string_view::npos ? text : text.substr(begin + 1));
  if (!split) return;
  next.previous = split->hash;
  const auto seq = seq_of(split->text);
  if (seq) next.seq = *seq + 1;
}

// Looks at pieces side by side. Each thread takes the next one when it is done with one, so that a
// thread that is held up holds up nobody.
void check_pieces(std::vector<Piece>& pieces, const Expected& expected, unsigned threads,
                  std::vector<Wanted>& wanted) {
  std::atomic<std::size_t> next{0};
  std::vector<std::vector<Wanted>> found(threads, wanted);
  const auto work = [&](unsigned thread) {
    for (std::size_t i = next++; i < pieces.size(); i = next++)
      check_piece(pieces[i], expected, found[thread]);
  };
  std::vector<std::thread> helpers;
  for (unsigned i = 1; i < std::min<std::size_t>(threads, pieces.size()); ++i)
    helpers.emplace_back(work, i);
  work(0);
  for (std::thread& helper : helpers)
    helper.join();
  for (const std::vector<Wanted>& items : found) {
    for (std::size_t i = 0; i < items.size(); ++i)
      wanted[i].found = wanted[i].found || items[i].found;
  }
}

// Reads up to `count` pieces of a file, of which `last` came before.
std::vector<Piece> read_pieces(Pieces& source, std::size_t count, Piece& last) {
  std::vector<Piece> pieces;
  while (pieces.size() < count) {
    Piece piece;
    if (!source.next(piece.text)) break;
    hand_over(pieces.empty() ? last : pieces.back(), piece);
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

// Adds what was found in a piece. False: no more is to be looked at.
bool add(CheckedFile& out, const Piece& piece, const std::string& name, bool growing) {
  if (piece.lines > 0) {
    if (out.records == 0) out.first_seq = piece.first_seq;
    out.last_seq = piece.last_seq;
    out.last = *piece.last;
    out.records += piece.lines;
  }
  out.bytes += piece.text.size();
  if (piece.why.empty()) return true;
  const bool torn = !piece.text.ends_with('\n') && piece.why == kNotALine;
  if (!torn || !growing) out.flaw = Flaw{name, out.records + 1, piece.why};
  return false;
}

}  // namespace

Result<CheckedFile> check_file(int fd, const std::string& name, const Expected& expected,
                               bool growing, unsigned threads, std::vector<Wanted>& wanted) {
  CheckedFile out;
  Pieces source(fd);
  Piece last;
  while (true) {
    std::vector<Piece> pieces = read_pieces(source, kPiecesPerThread * threads, last);
    if (source.error() != 0) return cannot("read", name, source.error());
    if (pieces.empty()) return out;
    if (out.bytes == 0) {
      pieces.front().first = true;
      pieces.front().seq = expected.seq;
    }
    check_pieces(pieces, expected, threads, wanted);
    for (const Piece& piece : pieces) {
      if (!add(out, piece, name, growing)) return out;
    }
    last = std::move(pieces.back());
  }
}

}  // namespace midimon::audit
