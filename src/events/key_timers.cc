#include "events/key_timers.h"

namespace midimon {

void KeyTimers::set(std::uint16_t key, Nanos deadline) {
  if (place_[key] == kNowhere) {
    place_[key] = static_cast<std::uint16_t>(heap_.size());
    heap_.push_back(key);
  }
  deadlines_[key] = deadline;
  rise(place_[key]);
  sink(place_[key]);
}

void KeyTimers::clear(std::uint16_t key) {
  const std::size_t place = place_[key];
  if (place == kNowhere) return;
  place_[key] = kNowhere;
  const std::uint16_t last = heap_.back();
  heap_.pop_back();
  if (last == key) return;
  put(place, last);
  rise(place);
  sink(place_[last]);
}

void KeyTimers::put(std::size_t place, std::uint16_t key) {
  heap_[place] = key;
  place_[key] = static_cast<std::uint16_t>(place);
}

void KeyTimers::rise(std::size_t place) {
  const std::uint16_t key = heap_[place];
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (!before(key, heap_[parent])) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, key);
}

void KeyTimers::sink(std::size_t place) {
  const std::uint16_t key = heap_[place];
  while (2 * place + 1 < heap_.size()) {
    std::size_t child = 2 * place + 1;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], key)) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, key);
}

}  // namespace midimon
