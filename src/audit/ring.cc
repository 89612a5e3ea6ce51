#include "audit/ring.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <limits>
#include <string_view>

namespace midimon::audit {
namespace {

// A record: a header, then the texts one after another. It starts on a multiple of 8 and lies in
// one piece; what is left at the end of the memory is a record without an event.
//
// `state` is written last, so that the reader sees a whole record or none. The reader clears what
// it has read: a place where no record was finished reads as zero.
constexpr std::uint32_t kSkip = 1;
constexpr std::uint32_t kEvent = 2;

constexpr std::array kTexts = {&Event::plugin,    &Event::version, &Event::mount,
                               &Event::directory, &Event::path,    &Event::target_directory,
                               &Event::target,    &Event::detail};

// All of Event but its texts.
struct Numbers {
  EventKind kind;
  bool cut;
  Errno result;
  std::uint32_t lost_before;
  std::int64_t time;
  std::uint64_t size, bytes_read, bytes_written, fuel, duration, memory_peak, used, allowed, count;
  std::array<std::uint16_t, kTexts.size()> lengths;
};

struct Header {
  std::uint32_t state;
  std::uint32_t bytes;  // of the record, header included
  Numbers numbers;
};
static_assert(sizeof(Header) % 8 == 0 && alignof(Header) == 8);

constexpr std::size_t kMost = sizeof(Header) + kTexts.size() * kMaxText;

std::size_t padded(std::size_t bytes) {
  return (bytes + 7) & ~std::size_t{7};
}

void publish(std::byte* place, std::uint32_t state) {
  std::atomic_ref<std::uint32_t>(*reinterpret_cast<std::uint32_t*>(place))
      .store(state, std::memory_order_release);
}

Numbers numbers_of(const Event& event, Nanos time) {
  Numbers n{};
  n.kind = event.kind;
  n.cut = event.cut;
  n.result = event.result;
  n.time = time.count();
  n.size = event.size;
  n.bytes_read = event.bytes_read;
  n.bytes_written = event.bytes_written;
  n.fuel = event.fuel;
  n.duration = event.duration;
  n.memory_peak = event.memory_peak;
  n.used = event.used;
  n.allowed = event.allowed;
  n.count = event.count;
  return n;
}

Event event_of(const Numbers& n, const char* texts) {
  Event event;
  event.kind = n.kind;
  event.cut = n.cut;
  event.result = n.result;
  event.time = Nanos(n.time);
  event.size = n.size;
  event.bytes_read = n.bytes_read;
  event.bytes_written = n.bytes_written;
  event.fuel = n.fuel;
  event.duration = n.duration;
  event.memory_peak = n.memory_peak;
  event.used = n.used;
  event.allowed = n.allowed;
  event.count = n.count;
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    event.*kTexts[i] = std::string_view(texts, n.lengths[i]);
    texts += n.lengths[i];
  }
  return event;
}

}  // namespace

Ring::Ring(std::size_t bytes)
    : mask_(std::bit_ceil(std::max(bytes, 2 * kMost)) - 1),
      memory_(std::make_unique<std::byte[]>(mask_ + 1)) {
  static_assert(kMaxText <= std::numeric_limits<std::uint16_t>::max());
}

std::size_t Ring::used() const {
  const Position read = read_.load(std::memory_order_relaxed);
  const Position written = write_.load(std::memory_order_relaxed);
  return written > read ? written - read : 0;
}

// Takes `size` bytes in one piece for the caller, who then has to publish what it reserved.
std::optional<Ring::Reserved> Ring::reserve(std::size_t size) {
  Position from = write_.load(std::memory_order_relaxed);
  while (true) {
    const std::size_t left = capacity() - (from & mask_);
    const Position start = left < size ? from + left : from;
    const Position end = start + size;
    // `from` may be old by now, and behind the reader: then the exchange fails.
    const auto used = static_cast<std::int64_t>(end - read_.load(std::memory_order_acquire));
    if (used > static_cast<std::int64_t>(capacity())) return {};
    if (!write_.compare_exchange_weak(from, end, std::memory_order_acq_rel,
                                      std::memory_order_relaxed)) {
      continue;
    }
    if (start != from) {
      const auto skipped = static_cast<std::uint32_t>(left);
      std::memcpy(at(from) + sizeof(std::uint32_t), &skipped, sizeof skipped);
      publish(at(from), kSkip);
    }
    return Reserved{start, end};
  }
}

std::optional<Ring::Position> Ring::push(const Event& event, Nanos time) {
  const std::optional<Position> end = try_push(event, time);
  if (!end) lost_.fetch_add(1, std::memory_order_relaxed);
  return end;
}

std::optional<Ring::Position> Ring::try_push(const Event& event, Nanos time) {
  Numbers numbers = numbers_of(event, time);
  std::size_t size = sizeof(Header);
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    const std::size_t length = (event.*kTexts[i]).size();
    if (length > kMaxText) numbers.cut = true;
    numbers.lengths[i] = static_cast<std::uint16_t>(std::min(length, kMaxText));
    size += numbers.lengths[i];
  }
  size = padded(size);
  const std::optional<Reserved> place = reserve(size);
  if (!place) return {};

  // Whoever gets in first after a loss says so.
  if (lost_.load(std::memory_order_relaxed) != 0) {
    numbers.lost_before = static_cast<std::uint32_t>(std::min<std::uint64_t>(
        lost_.exchange(0, std::memory_order_relaxed), std::numeric_limits<std::uint32_t>::max()));
  }
  std::byte* const start = at(place->start);
  const auto bytes = static_cast<std::uint32_t>(size);
  std::memcpy(start + offsetof(Header, bytes), &bytes, sizeof bytes);
  std::memcpy(start + offsetof(Header, numbers), &numbers, sizeof numbers);
  std::byte* texts = start + sizeof(Header);
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    if (numbers.lengths[i] == 0) continue;
    std::memcpy(texts, (event.*kTexts[i]).data(), numbers.lengths[i]);
    texts += numbers.lengths[i];
  }
  publish(start, kEvent);
  return place->end;
}

bool Ring::pop(const std::function<void(const Event&)>& take) {
  while (true) {
    const Position read = read_.load(std::memory_order_relaxed);
    if (read == write_.load(std::memory_order_acquire)) return false;
    std::byte* const start = at(read);
    const std::uint32_t state =
        std::atomic_ref<std::uint32_t>(*reinterpret_cast<std::uint32_t*>(start))
            .load(std::memory_order_acquire);
    if (state == 0) return false;  // being written
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, start + offsetof(Header, bytes), sizeof bytes);
    if (state == kEvent) {
      Numbers numbers;
      std::memcpy(&numbers, start + offsetof(Header, numbers), sizeof numbers);
      const Event event = event_of(numbers, reinterpret_cast<const char*>(start + sizeof(Header)));
      if (numbers.lost_before > 0) {
        Event lost;
        lost.kind = EventKind::lost;
        lost.time = event.time;
        lost.count = numbers.lost_before;
        take(lost);
      }
      take(event);
    }
    std::memset(start, 0, bytes);
    read_.store(read + bytes, std::memory_order_release);
    if (state == kEvent) return true;
  }
}

}  // namespace midimon::audit
