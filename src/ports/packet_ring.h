// The PacketRing class carries bytes from a real-time thread to another: what came in and when.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/clock.h"

namespace midimon {

// One thread puts, one takes; neither ever waits, allocates or makes a system call.
class PacketRing {
 public:
  static constexpr std::size_t kBytes = 1UL << 16;  // all packets with their heads; a power of two

  // False if there is no room: then the packet is lost, and counted.
  bool put(Nanos at, std::span<const std::uint8_t> bytes) {
    const std::size_t end = end_.load(std::memory_order_relaxed);
    const std::size_t used = end - begin_.load(std::memory_order_acquire);
    if (bytes.size() + sizeof(Head) > kBytes - used) {
      lost_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    const Head head{at.count(), bytes.size()};
    copy_in(end, reinterpret_cast<const std::uint8_t*>(&head), sizeof head);
    copy_in(end + sizeof head, bytes.data(), bytes.size());
    end_.store(end + sizeof head + bytes.size(), std::memory_order_release);
    return true;
  }

  // When the next packet came in, and nothing if there is none.
  [[nodiscard]] bool peek(Nanos& at) const {
    Head head;
    if (!read_head(head)) return false;
    at = Nanos(head.at);
    return true;
  }

  // Calls `take(at, bytes)` with the next packet, of which it may be in two pieces, each with the
  // same time. False if there is none.
  template <typename Take>
  bool take(Take&& take) {
    Head head;
    if (!read_head(head)) return false;
    const std::size_t begin = begin_.load(std::memory_order_relaxed) + sizeof head;
    const std::size_t at = begin % kBytes;
    const std::size_t first = std::min(head.size, kBytes - at);
    take(Nanos(head.at), std::span<const std::uint8_t>(bytes_.data() + at, first));
    if (first < head.size) {
      take(Nanos(head.at), std::span<const std::uint8_t>(bytes_.data(), head.size - first));
    }
    begin_.store(begin + head.size, std::memory_order_release);
    return true;
  }

  // Packets for which there was no room.
  [[nodiscard]] std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  struct Head {
    std::int64_t at;  // ns
    std::size_t size;
  };

  bool read_head(Head& head) const {
    const std::size_t begin = begin_.load(std::memory_order_relaxed);
    if (begin == end_.load(std::memory_order_acquire)) return false;
    std::array<std::uint8_t, sizeof(Head)> raw;
    for (std::size_t i = 0; i < raw.size(); ++i)
      raw[i] = bytes_[(begin + i) % kBytes];
    std::memcpy(&head, raw.data(), sizeof head);
    return true;
  }
  void copy_in(std::size_t to, const std::uint8_t* from, std::size_t size) {
    const std::size_t at = to % kBytes;
    const std::size_t first = std::min(size, kBytes - at);
    if (first > 0) std::memcpy(bytes_.data() + at, from, first);
    if (first < size) std::memcpy(bytes_.data(), from + first, size - first);
  }

  std::array<std::uint8_t, kBytes> bytes_{};
  alignas(64) std::atomic<std::size_t> begin_ = 0;  // counts on; the taker's
  alignas(64) std::atomic<std::size_t> end_ = 0;    // the putter's
  std::atomic<std::uint64_t> lost_ = 0;
};

}  // namespace midimon
