// The Histogram class counts spans of time and tells their percentiles, in memory of a fixed size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace midimon {

// Buckets are exact below 128 ns; from there on each power of two has 64 of them, so that a
// percentile is at most 1/64 (1.6 %) above the sample it stands for, and never below. Least and
// greatest are exact. About 30 KB. Not thread-safe.
class Histogram {
 public:
  // Spans below 0 count as 0.
  void add(Nanos span);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  // 0 if there are no samples.
  [[nodiscard]] Nanos max() const { return max_; }
  // The lowest value that at least `percent` of a hundred samples (1 to 100) do not exceed; 0 if
  // there are no samples.
  [[nodiscard]] Nanos percentile(int percent) const;

 private:
  static constexpr int kStepBits = 6;
  static constexpr std::size_t kSteps = std::size_t{1} << kStepBits;
  static constexpr std::size_t kExact = 2 * kSteps;
  // 63 bits, of which the lowest 7 are exact.
  static constexpr std::size_t kBuckets = kExact + (63 - kStepBits - 1) * kSteps;

  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t upper_end(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  Nanos max_{};
};

}  // namespace midimon
