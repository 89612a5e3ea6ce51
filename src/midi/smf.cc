#include "midi/smf.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "midi/byte_parser.h"
#include "midi/tick_clock.h"

namespace midimon {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint32_t kHeaderTag = 0x4D546864;  // MThd
constexpr std::uint32_t kTrackTag = 0x4D54726B;   // MTrk

constexpr std::uint8_t kSysex = 0xF0;
constexpr std::uint8_t kEscape = 0xF7;  // also continues a sysex event
constexpr std::uint8_t kMeta = 0xFF;
constexpr std::uint8_t kMetaName = 0x03;
constexpr std::uint8_t kMetaEndOfTrack = 0x2F;
constexpr std::uint8_t kMetaTempo = 0x51;

// Reads numbers from bytes in order and never past the end. The first thing that is wrong is kept
// as the error; whoever sees a read fail returns at once.
class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes), end_(bytes.size()) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] std::size_t left() const { return end_ - at_; }
  [[nodiscard]] Error error() const { return error_; }

  bool fail(std::size_t offset, std::string_view what, ErrorCode code = ErrorCode::invalid) {
    error_ = {code, fmt::format("byte {}: {}", offset, what)};
    return false;
  }

  // An unsigned number of `width` bytes, the highest first.
  std::optional<std::uint32_t> number(std::size_t width, std::string_view what) {
    if (!require(width, what)) return std::nullopt;
    std::uint32_t value = 0;
    for (const std::uint8_t byte : bytes_.subspan(at_, width))
      value = value << 8U | byte;
    at_ += width;
    return value;
  }

  std::optional<std::uint8_t> byte(std::string_view what) {
    if (!require(1, what)) return std::nullopt;
    return bytes_[at_++];
  }

  // A variable-length quantity: 7 bits per byte, all but the last with the upper bit set.
  std::optional<std::uint32_t> quantity(std::string_view what) {
    const std::size_t start = at_;
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const auto next = byte(what);
      if (!next) return std::nullopt;
      value = value << 7U | (*next & 0x7FU);
      if (*next < 0x80) return value;
    }
    fail(start, fmt::format("expected {} of at most 4 bytes, the 4th says there is more", what));
    return std::nullopt;
  }

  // The next `size` bytes, which it steps over.
  std::optional<Bytes> take(std::size_t size, std::string_view what) {
    if (!require(size, what)) return std::nullopt;
    const Bytes taken = bytes_.subspan(at_, size);
    at_ += size;
    return taken;
  }

  // Narrows what can be read to the next `size` bytes; widen() steps to their end and undoes that.
  bool narrow(std::size_t size, std::string_view what) {
    if (!require(size, what)) return false;
    end_ = at_ + size;
    return true;
  }
  void widen() {
    at_ = end_;
    end_ = bytes_.size();
  }

 private:
  bool require(std::size_t size, std::string_view what) {
    if (size <= left()) return true;
    const std::string_view where = end_ == bytes_.size() ? "file" : "track";
    if (left() == 0) return fail(at_, fmt::format("expected {}, the {} is over", what, where));
    return fail(at_, fmt::format("expected {} ({} bytes), the {} has only {} left", what, size,
                                 where, left()));
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  std::size_t end_;
  Error error_;
};

struct TickMessage {
  std::uint64_t tick;
  std::uint16_t track;
  Message message;
  std::uint32_t sysex = 0;
};

// All that was read, still in ticks. A file of 16 MiB keeps every tick below 2^52.
struct Song {
  int format = 0;
  int tracks = 0;
  TickDivision division;
  std::string name;
  std::uint64_t last_tick = 0;
  std::vector<TickMessage> messages;
  std::vector<std::vector<std::uint8_t>> sysex;
  std::vector<TickTempo> tempos;
};

// Text from a file of unknown origin, fit for a terminal.
std::string readable(Bytes text) {
  constexpr std::size_t kMax = 256;
  const Bytes start = text.first(std::min(text.size(), kMax));
  return escape_line(std::string(start.begin(), start.end()));
}

// Reads the events of one track chunk, to which the reader is narrowed, into the song.
class TrackParser {
 public:
  // `cable` reads what sysex events hold; it may be any track's before.
  TrackParser(Reader& reader, Song& song, std::uint16_t track, ByteParser& cable)
      : reader_(reader), song_(song), track_(track), cable_(cable) {
    cable_.reset();
  }

  bool parse() {
    while (!ended_) {
      if (reader_.left() == 0) {
        return reader_.fail(reader_.at(), "expected an \"end of track\" event, the track is over");
      }
      const auto delta = reader_.quantity("a delta time");
      if (!delta) return false;
      tick_ += *delta;
      if (!event()) return false;
    }
    song_.last_tick = std::max(song_.last_tick, tick_);
    return true;
  }

 private:
  bool event() {
    const std::size_t start = reader_.at();
    const auto first = reader_.byte("an event");
    if (!first) return false;
    if (*first == kMeta) return meta();
    if (*first == kSysex || *first == kEscape) return sysex(*first == kSysex);
    if (*first >= 0xF0) {
      return reader_.fail(start, fmt::format("expected an event, found 0x{:02X}, which is not "
                                             "allowed in a file",
                                             *first));
    }
    if (*first >= 0x80) {
      running_status_ = *first;
      const auto data = data_byte();
      return data && message(*data);
    }
    if (running_status_ == 0) {
      return reader_.fail(start,
                          fmt::format("expected a status byte, found data 0x{:02X}", *first));
    }
    return message(*first);
  }

  bool message(std::uint8_t data1) {
    Message message{running_status_, data1, 0};
    if (data_size(message.kind()) == 2) {
      const auto data2 = data_byte();
      if (!data2) return false;
      message.data2 = *data2;
    }
    song_.messages.push_back({tick_, track_, message});
    return true;
  }

  std::optional<std::uint8_t> data_byte() {
    const std::size_t start = reader_.at();
    const auto data = reader_.byte("a data byte");
    if (data && *data >= 0x80) {
      reader_.fail(start, fmt::format("expected a data byte, found status 0x{:02X}", *data));
      return std::nullopt;
    }
    return data;
  }

  // The bytes of an escape are those of a cable, those of a sysex lack the F0.
  bool sysex(bool begins) {
    running_status_ = 0;
    const auto size = reader_.quantity("the length of a sysex event");
    const auto bytes = size ? reader_.take(*size, "the bytes of a sysex event") : std::nullopt;
    if (!bytes) return false;
    if (begins) on_cable(kSysex);
    for (const std::uint8_t byte : *bytes)
      on_cable(byte);
    return true;
  }

  void on_cable(std::uint8_t byte) {
    const auto message = cable_.push(byte);
    if (!message) return;
    song_.messages.push_back({tick_, track_, *message});
    if (message->kind() != MessageKind::sysex) return;
    song_.messages.back().sysex = static_cast<std::uint32_t>(song_.sysex.size());
    song_.sysex.emplace_back(cable_.sysex().begin(), cable_.sysex().end());
  }

  bool meta() {
    const auto type = reader_.byte("the type of a meta event");
    if (!type) return false;
    const auto size = reader_.quantity("the length of a meta event");
    if (!size) return false;
    const std::size_t start = reader_.at();
    const auto content = reader_.take(*size, "the bytes of a meta event");
    if (!content) return false;
    if (*type == kMetaEndOfTrack) ended_ = true;
    if (*type == kMetaName && song_.name.empty()) song_.name = readable(*content);
    return *type != kMetaTempo || tempo(start, *content);
  }

  bool tempo(std::size_t start, Bytes content) {
    if (content.size() < 3) {
      return reader_.fail(start,
                          fmt::format("expected a tempo of 3 bytes, found {}", content.size()));
    }
    const std::uint32_t tempo = static_cast<std::uint32_t>(content[0]) << 16U |
                                static_cast<std::uint32_t>(content[1]) << 8U | content[2];
    if (tempo == 0) return reader_.fail(start, "expected a tempo of at least 1, found 0");
    song_.tempos.push_back({tick_, tempo});
    return true;
  }

  Reader& reader_;
  Song& song_;
  std::uint16_t track_;
  ByteParser& cable_;
  std::uint64_t tick_ = 0;
  std::uint8_t running_status_ = 0;  // 0: none
  bool ended_ = false;
};

bool read_division(Reader& reader, std::size_t offset, std::uint32_t word, TickDivision& division) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const std::uint32_t low = word & 0xFFU;
  const bool smpte = (word & 0x8000U) != 0;
  if (smpte ? low == 0 : word == 0) {
    return reader.fail(offset, "expected a division of at least 1 tick, found 0");
  }
  if (!smpte) {
    division = {1000, word, true};
    return true;
  }
  const int frames = 0x100 - static_cast<int>(word >> 8U);  // the byte holds minus the frame rate
  if (frames == 29) {                                       // "drop frame": 30000/1001 a second
    division = {kSecond * 1001, 30'000ULL * low, false};
    return true;
  }
  if (frames == 24 || frames == 25 || frames == 30) {
    division = {kSecond, static_cast<std::uint64_t>(frames) * low, false};
    return true;
  }
  return reader.fail(offset, fmt::format("expected a division in ticks, or of -24, -25, -29 or -30 "
                                         "frames, found {} frames",
                                         -frames));
}

bool read_format(Reader& reader, Song& song) {
  const std::size_t start = reader.at();
  const auto format = reader.number(2, "the format");
  const auto tracks = reader.number(2, "the number of tracks");
  if (!format || !tracks) return false;
  if (*format == 2) {
    return reader.fail(start, "format 2 (independent patterns) is not supported, expected 0 or 1",
                       ErrorCode::unsupported);
  }
  if (*format > 2)
    return reader.fail(start, fmt::format("expected format 0 or 1, found {}", *format));
  if (*tracks == 0) return reader.fail(start + 2, "expected at least 1 track, found 0");
  song.format = static_cast<int>(*format);
  song.tracks = static_cast<int>(*tracks);
  return true;
}

bool read_header(Reader& reader, Song& song) {
  const auto tag = reader.number(4, "\"MThd\"");
  if (!tag) return false;
  if (*tag != kHeaderTag) {
    return reader.fail(0, "expected \"MThd\"; this is not a Standard MIDI File");
  }
  const auto size = reader.number(4, "the length of the header");
  if (!size) return false;
  if (*size < 6) {
    return reader.fail(4, fmt::format("expected a header of at least 6 bytes, found {}", *size));
  }
  if (!reader.narrow(*size, "the header") || !read_format(reader, song)) return false;
  const std::size_t start = reader.at();
  const auto division = reader.number(2, "the division");
  if (!division || !read_division(reader, start, *division, song.division)) return false;
  reader.widen();
  return true;
}

// Steps over unknown chunks and narrows the reader to the next track's content.
bool find_track(Reader& reader, int track, int tracks) {
  while (true) {
    if (reader.left() == 0) {
      return reader.fail(
          reader.at(), fmt::format("expected track {} of {}, the file is over", track + 1, tracks));
    }
    const auto tag = reader.number(4, "the tag of a chunk");
    if (!tag) return false;
    const auto size = reader.number(4, "the length of a chunk");
    if (!size || !reader.narrow(*size, "the bytes of a chunk")) return false;
    if (*tag == kTrackTag) return true;
    reader.widen();
  }
}

bool read_song(Reader& reader, Song& song) {
  if (!read_header(reader, song)) return false;
  ByteParser cable;
  for (int track = 0; track < song.tracks; ++track) {
    if (!find_track(reader, track, song.tracks)) return false;
    if (!TrackParser(reader, song, static_cast<std::uint16_t>(track), cable).parse()) return false;
    reader.widen();
  }
  return true;
}

// Merges the tracks and puts times in the place of ticks.
Result<Smf> finish(Song song) {
  const auto by_tick = [](const auto& a, const auto& b) { return a.tick < b.tick; };
  std::stable_sort(song.tempos.begin(), song.tempos.end(), by_tick);
  std::stable_sort(song.messages.begin(), song.messages.end(), by_tick);

  TickClock clock(song.division, song.tempos, kMaxSmfLength);
  Smf smf;
  smf.format = song.format;
  smf.tracks = song.tracks;
  smf.name = std::move(song.name);
  smf.sysex = std::move(song.sysex);
  if (clock.at(0)) smf.initial_tempo = clock.tempo();
  smf.messages.reserve(song.messages.size());
  for (const TickMessage& message : song.messages) {
    const auto at = clock.at(message.tick);
    if (!at) break;  // the end of the track lies later still, so that the length tells
    smf.messages.push_back({*at, message.track, message.message, message.sysex});
  }
  const auto length = clock.at(song.last_tick);
  if (!length) {
    return fail(ErrorCode::limit, fmt::format("the file plays for more than {} hours",
                                              kMaxSmfLength / std::chrono::hours(1)));
  }
  smf.length = *length;
  return smf;
}

}  // namespace

Result<Smf> parse_smf(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > kMaxSmfBytes) {
    return fail(ErrorCode::limit,
                fmt::format("the file is larger than {} MiB", kMaxSmfBytes >> 20U));
  }
  Reader reader(bytes);
  Song song;
  if (!read_song(reader, song)) return tl::unexpected(reader.error());
  return finish(std::move(song));
}

}  // namespace midimon
