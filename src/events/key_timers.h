// The KeyTimers class holds one deadline for each key and knows which comes first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "events/gesture_rules.h"

namespace midimon {

// A binary heap that also knows where each key stands in it. Allocates only when it is made. Equal
// deadlines come in the order of their keys. Not thread-safe.
class KeyTimers {
 public:
  KeyTimers() : deadlines_(kKeys), place_(kKeys, kNowhere) { heap_.reserve(kKeys); }

  // Sets the deadline of `key`, or moves it.
  void set(std::uint16_t key, Nanos deadline);
  // Leaves `key` without one, if it had one.
  void clear(std::uint16_t key);

  [[nodiscard]] std::optional<Nanos> next() const {
    if (heap_.empty()) return std::nullopt;
    return deadlines_[heap_.front()];
  }
  // The key whose deadline next() is; there is one.
  [[nodiscard]] std::uint16_t first() const { return heap_.front(); }

 private:
  static constexpr std::uint16_t kNowhere = std::numeric_limits<std::uint16_t>::max();

  [[nodiscard]] bool before(std::uint16_t a, std::uint16_t b) const {
    return deadlines_[a] != deadlines_[b] ? deadlines_[a] < deadlines_[b] : a < b;
  }
  void put(std::size_t place, std::uint16_t key);
  void rise(std::size_t place);
  void sink(std::size_t place);

  std::vector<Nanos> deadlines_;      // by key
  std::vector<std::uint16_t> place_;  // by key, in heap_
  std::vector<std::uint16_t> heap_;
};

}  // namespace midimon
