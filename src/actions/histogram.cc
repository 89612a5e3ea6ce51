#include "actions/histogram.h"

#include <algorithm>
#include <bit>

namespace midimon {

std::size_t Histogram::bucket_of(std::uint64_t value) {
  if (value < kExact) return value;
  // The highest bits of the value, as many as tell 64 steps apart, in front of which stands a 1.
  const int shift = std::bit_width(value) - kStepBits - 1;
  return kExact + static_cast<std::size_t>(shift - 1) * kSteps + ((value >> shift) - kSteps);
}

std::uint64_t Histogram::upper_end(std::size_t bucket) {
  if (bucket < kExact) return bucket;
  const std::size_t shift = (bucket - kExact) / kSteps + 1;
  const std::uint64_t step = (bucket - kExact) % kSteps + kSteps;
  return ((step + 1) << shift) - 1;
}

void Histogram::add(Nanos span) {
  span = std::max(span, Nanos::zero());
  ++buckets_[bucket_of(static_cast<std::uint64_t>(span.count()))];
  ++count_;
  max_ = std::max(max_, span);
}

Nanos Histogram::percentile(int percent) const {
  // In parts, because a hundred times the count might not fit.
  const auto part = static_cast<std::uint64_t>(std::clamp(percent, 1, 100));
  const std::uint64_t rank = count_ / 100 * part + (count_ % 100 * part + 99) / 100;
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank && seen > 0) {
      return std::min(Nanos(static_cast<std::int64_t>(upper_end(bucket))), max_);
    }
  }
  return {};
}

}  // namespace midimon
