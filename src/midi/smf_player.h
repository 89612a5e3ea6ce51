// The SmfPlayer class hands out the messages of a MIDI file when they are due.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "midi/message.h"
#include "midi/smf.h"
#include "midimon/result.h"

namespace midimon {

// How fast a file is played: 0.001 to 1000 times its own speed, or without waiting at all.
class PlaySpeed {
 public:
  // The file's own speed.
  PlaySpeed() = default;
  // Every message is due at once, in order.
  [[nodiscard]] static PlaySpeed max() { return PlaySpeed(0); }
  // Reads "max", or a factor with up to three decimals: "2", "0.5", "1.25x". Fails with `invalid`.
  [[nodiscard]] static Result<PlaySpeed> parse(std::string_view text);

  [[nodiscard]] bool is_max() const { return thousandths_ == 0; }
  // How long `song_time`, at most kMaxSmfLength, takes at this speed.
  [[nodiscard]] Nanos scale(Nanos song_time) const;

 private:
  explicit PlaySpeed(std::int64_t thousandths) : thousandths_(thousandths) {}

  std::int64_t thousandths_ = 1000;  // 0: max
};

// Pure: the caller tells the time and does the waiting. Not thread-safe.
class SmfPlayer {
 public:
  struct Due {
    Nanos at{};         // when it was due on the caller's clock; at speed max, the `now` given
    Nanos song_time{};  // where in the file it stands
    Message message;
    std::span<const std::uint8_t> sysex{};  // of a sysex: its bytes, as long as the player lives
  };

  // Starts to play at `start` on the caller's clock.
  SmfPlayer(Smf smf, PlaySpeed speed, Nanos start);

  // When the next message is due; nothing once all are taken. At speed max it is `start`.
  [[nodiscard]] std::optional<Nanos> next_due() const;
  // When what stands at `song_time` is due; at speed max all is at `start`.
  [[nodiscard]] Nanos due_at(Nanos song_time) const { return start_ + speed_.scale(song_time); }
  [[nodiscard]] const PlaySpeed& speed() const { return speed_; }
  // The next message, if it is due by `now`. Call until nothing comes.
  [[nodiscard]] std::optional<Due> take_due(Nanos now);

  [[nodiscard]] bool done() const { return next_ == smf_.messages.size(); }
  [[nodiscard]] std::size_t taken() const { return next_; }
  [[nodiscard]] const Smf& smf() const { return smf_; }

 private:
  Smf smf_;
  PlaySpeed speed_;
  Nanos start_;
  std::size_t next_ = 0;
};

}  // namespace midimon
