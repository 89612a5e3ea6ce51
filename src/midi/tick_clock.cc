#include "midi/tick_clock.h"

namespace midimon {

TickClock::TickClock(const TickDivision& division, std::span<const TickTempo> tempos, Nanos max)
    : division_(division), tempos_(tempos), max_(max) {}

std::optional<Nanos> TickClock::at(std::uint64_t tick) {
  for (; !tempos_.empty() && tempos_.front().tick <= tick; tempos_ = tempos_.subspan(1)) {
    sum_ += (tempos_.front().tick - from_) * rate();
    from_ = tempos_.front().tick;
    tempo_ = tempos_.front().tempo;
  }
  const Wide sum = sum_ + (tick - from_) * rate();
  const Wide nanos = sum * division_.numerator / division_.denominator;
  if (nanos > static_cast<Wide>(max_.count())) return std::nullopt;
  return Nanos(static_cast<std::int64_t>(nanos));
}

}  // namespace midimon
