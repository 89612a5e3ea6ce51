// The HandleTable class gives numbers to what a guest has open: bounded, and a number that was
// closed is not another thing's number soon, so that a stale one is refused and not mistaken.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace midimon::hostapi {

// Owns what is in it. A handle is never 0. Not thread-safe.
template <typename T, std::size_t kMax>
class HandleTable {
  static constexpr std::uint32_t kIndexBits = 8;
  static constexpr std::uint32_t kIndexMask = (1U << kIndexBits) - 1;
  static_assert(kMax > 0 && kMax <= kIndexMask);

 public:
  // Whether add() has room.
  [[nodiscard]] bool has_room() const { return count_ < kMax; }

  // The handle of `thing`; nothing when there are kMax already.
  std::optional<std::uint32_t> add(std::unique_ptr<T> thing) {
    for (std::uint32_t i = 0; i < kMax; ++i) {
      Slot& slot = slots_[i];
      if (slot.thing != nullptr) continue;
      slot.thing = std::move(thing);
      ++count_;
      return handle_of(i);
    }
    return std::nullopt;
  }

  // Null if no such thing is open.
  [[nodiscard]] T* find(std::uint32_t handle) const {
    const std::uint32_t index = (handle & kIndexMask) - 1;
    if (index >= kMax || handle_of(index) != handle) return nullptr;
    return slots_[index].thing.get();
  }

  // Takes it out; null if no such thing is open.
  std::unique_ptr<T> take(std::uint32_t handle) {
    if (find(handle) == nullptr) return nullptr;
    Slot& slot = slots_[(handle & kIndexMask) - 1];
    slot.generation = (slot.generation + 1) & (~0U >> kIndexBits);
    --count_;
    return std::move(slot.thing);
  }

  // Closes all that is open.
  void clear() {
    for (std::uint32_t i = 0; i < kMax; ++i)
      take(handle_of(i));
  }

 private:
  struct Slot {
    std::unique_ptr<T> thing;
    std::uint32_t generation = 0;
  };

  [[nodiscard]] std::uint32_t handle_of(std::uint32_t index) const {
    return (slots_[index].generation << kIndexBits) | (index + 1);
  }

  std::array<Slot, kMax> slots_;
  std::size_t count_ = 0;
};

}  // namespace midimon::hostapi
