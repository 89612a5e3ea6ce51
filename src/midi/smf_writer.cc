#include "midi/smf_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "midi/byte_parser.h"

namespace midimon {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint32_t kTicksPerQuarter = 25'000;
static_assert(kSmfTick * kTicksPerQuarter == std::chrono::microseconds(kDefaultTempo));

constexpr std::uint64_t kMaxDelta = 0x0FFFFFFF;  // of four bytes with seven bits each
constexpr int kMaxTracks = 0xFFFF;

void add_number(Bytes& out, std::uint64_t value, int width) {
  for (int i = width - 1; i >= 0; --i)
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

// As a variable-length quantity; it is kMaxDelta at most.
void add_quantity(Bytes& out, std::uint64_t value) {
  for (int shift = 21; shift > 0; shift -= 7) {
    if (value >> shift != 0) out.push_back(static_cast<std::uint8_t>(0x80U | (value >> shift)));
  }
  out.push_back(static_cast<std::uint8_t>(value & 0x7FU));
}

void add_text(Bytes& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
}

std::uint64_t tick_of(Nanos at) {
  return static_cast<std::uint64_t>((at + kSmfTick / 2) / kSmfTick);
}

// One track chunk, written from left to right.
class Track {
 public:
  // A gap that is longer than a file can say is bridged by texts that are empty.
  void go_to(std::uint64_t tick) {
    while (tick - tick_ > kMaxDelta) {
      add_quantity(bytes_, kMaxDelta);
      tick_ += kMaxDelta;
      meta(0x01, {});
    }
    add_quantity(bytes_, tick - tick_);
    tick_ = tick;
  }
  void meta(std::uint8_t type, std::string_view content) {
    bytes_.push_back(0xFF);
    bytes_.push_back(type);
    add_quantity(bytes_, content.size());
    add_text(bytes_, content);
  }
  void message(const Message& message, std::span<const std::uint8_t> sysex) {
    if (message.kind() == MessageKind::sysex) {
      bytes_.push_back(0xF0);
      add_quantity(bytes_, sysex.size() + 1);
      bytes_.insert(bytes_.end(), sysex.begin(), sysex.end());
      bytes_.push_back(0xF7);
      return;
    }
    const int data = data_size(message.kind());
    if (message.status >= 0xF0) {
      bytes_.push_back(0xF7);
      add_quantity(bytes_, static_cast<std::uint64_t>(data) + 1);
    }
    bytes_.push_back(message.status);
    if (data > 0) bytes_.push_back(message.data1);
    if (data > 1) bytes_.push_back(message.data2);
  }
  void add_to(Bytes& out) const {
    add_text(out, "MTrk");
    add_number(out, bytes_.size(), 4);
    out.insert(out.end(), bytes_.begin(), bytes_.end());
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  Bytes bytes_;
  std::uint64_t tick_ = 0;
};

bool is_data(std::span<const std::uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte < 0x80; });
}

// Whether `one` is a message, and why not; `previous` is when the one before it was.
Result<void> check(const Smf& song, const SmfMessage& one, Nanos previous) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::invalid,
                fmt::format("the message at {} ns cannot be written: {}", one.at.count(), why));
  };
  if (one.at < previous) return refuse("it is earlier than the one before it");
  if (song.format != 0 && one.track >= song.tracks) return refuse("there is no such track");
  const Message& message = one.message;
  const std::array<std::uint8_t, 2> data = {message.data1, message.data2};
  if (message.status < 0x80 || to_string(message.kind()) == "unknown" || !is_data(data)) {
    return refuse("it is no MIDI message");
  }
  if (message.kind() != MessageKind::sysex) return {};
  if (one.sysex >= song.sysex.size() || !is_data(song.sysex[one.sysex])) {
    return refuse("its bytes are not those of a sysex");
  }
  if (song.sysex[one.sysex].size() > kMaxSysexBytes) return refuse("the sysex is too long");
  return {};
}

}  // namespace

Result<Bytes> write_smf(const Smf& song) {
  if (song.format < 0 || song.format > 1 || song.tracks < 1 || song.tracks > kMaxTracks) {
    return fail(ErrorCode::invalid,
                fmt::format("a MIDI file has format 0 or 1 and 1 to {} tracks", kMaxTracks));
  }
  const auto too_much = [] {
    return fail(ErrorCode::limit,
                fmt::format("a MIDI file may be {} MiB large and {} hours long at most",
                            kMaxSmfBytes >> 20U, kMaxSmfLength / std::chrono::hours(1)));
  };
  std::vector<Track> tracks(song.format == 0 ? 1U : static_cast<std::size_t>(song.tracks));
  if (!song.name.empty()) {
    tracks.front().go_to(0);
    tracks.front().meta(0x03, song.name);
  }
  Nanos previous{};
  std::size_t size = song.name.size();
  for (const SmfMessage& one : song.messages) {
    if (auto good = check(song, one, previous); !good) return tl::unexpected(good.error());
    if (one.at > kMaxSmfLength) return too_much();
    previous = one.at;
    Track& track = tracks[song.format == 0 ? 0 : one.track];
    size -= track.size();
    track.go_to(tick_of(one.at));
    const bool has_bytes = one.message.kind() == MessageKind::sysex;
    track.message(one.message,
                  has_bytes ? std::span(song.sysex[one.sysex]) : std::span<const std::uint8_t>());
    size += track.size();
    if (size > kMaxSmfBytes) return too_much();
  }
  const Nanos end = std::max(song.length, previous);
  if (end > kMaxSmfLength) return too_much();
  Bytes out;
  add_text(out, "MThd");
  add_number(out, 6, 4);
  add_number(out, static_cast<std::uint64_t>(song.format), 2);
  add_number(out, tracks.size(), 2);
  add_number(out, kTicksPerQuarter, 2);
  for (Track& track : tracks) {
    track.go_to(tick_of(end));
    track.meta(0x2F, {});
    track.add_to(out);
    if (out.size() > kMaxSmfBytes) return too_much();
  }
  return out;
}

}  // namespace midimon
