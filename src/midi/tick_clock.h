// The TickClock class turns the ticks of a MIDI file into time, exactly.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"

namespace midimon {

// How ticks become nanoseconds: sum * numerator / denominator, where the sum is of ticks, each
// times the tempo in force where `follows_tempo`.
struct TickDivision {
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 1;
  bool follows_tempo = true;
};

// From `tick` on, until the next one, a quarter note takes `tempo` microseconds.
struct TickTempo {
  std::uint64_t tick;
  std::uint32_t tempo;
};

// What holds until a file says otherwise: 120 quarter notes a minute.
inline constexpr std::uint32_t kDefaultTempo = 500'000;

// Every time is one division of one exact sum, rounded down, so that errors do not add up. Not
// thread-safe.
class TickClock {
 public:
  // `tempos` ascend by tick and outlive this.
  TickClock(const TickDivision& division, std::span<const TickTempo> tempos, Nanos max);

  // The time of `tick`, which is not lower than the one asked for before; nothing beyond `max`.
  // Exact for ticks up to 2^60.
  [[nodiscard]] std::optional<Nanos> at(std::uint64_t tick);

  // The tempo at the tick last asked for, in microseconds per quarter note.
  [[nodiscard]] std::uint32_t tempo() const { return tempo_; }

 private:
  // Ticks times tempo pass 64 bits in hostile files; times a numerator of 2^40 they stay below 128.
  __extension__ using Wide = unsigned __int128;

  [[nodiscard]] Wide rate() const { return division_.follows_tempo ? tempo_ : 1; }

  TickDivision division_;
  std::span<const TickTempo> tempos_;  // those still to come
  Nanos max_;
  std::uint64_t from_ = 0;  // the tick at which the tempo was last set
  Wide sum_ = 0;            // of ticks times rate, up to there
  std::uint32_t tempo_ = kDefaultTempo;
};

}  // namespace midimon
