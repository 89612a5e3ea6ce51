// The GuestMemory class is a view of a guest's linear memory through which nothing outside it can
// be reached. It is valid for one host call: the guest may grow, and so move, its memory between
// calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace midimon::wasm {

class GuestMemory {
 public:
  GuestMemory() = default;
  GuestMemory(std::byte* base, std::uint64_t size) : base_(base), size_(size) {}

  [[nodiscard]] std::uint64_t size() const { return size_; }

  // Whether `length` bytes from `address` lie inside. Cannot overflow: both are widened first.
  [[nodiscard]] bool contains(std::uint32_t address, std::uint64_t length) const {
    return length <= size_ && address <= size_ - length;
  }

  // The bytes at `address`; a span with a null data() where they do not all lie inside. An empty
  // range inside memory has a data() that is not null.
  [[nodiscard]] std::span<std::byte> bytes(std::uint32_t address, std::uint64_t length) const {
    if (!contains(address, length)) return {};
    return {base_ + address, static_cast<std::size_t>(length)};
  }

  // As bytes(), to be read as text. The guest chose it: it may hold anything.
  [[nodiscard]] std::string_view text(std::uint32_t address, std::uint64_t length) const {
    if (!contains(address, length)) return {};
    return {reinterpret_cast<const char*>(base_ + address), static_cast<std::size_t>(length)};
  }

  // Whether a T may be stored at `address`: inside, and aligned as the guest's ABI wants it.
  template <typename T>
  [[nodiscard]] bool holds(std::uint32_t address) const {
    return contains(address, sizeof(T)) && address % alignof(T) == 0;
  }

  // Reads or writes a little-endian T; the caller has checked holds<T>(address).
  template <typename T>
  [[nodiscard]] T load(std::uint32_t address) const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, base_ + address, sizeof(T));
    return value;
  }
  template <typename T>
  void store(std::uint32_t address, const T& value) const {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(base_ + address, &value, sizeof(T));
  }

 private:
  std::byte* base_ = nullptr;
  std::uint64_t size_ = 0;
};

}  // namespace midimon::wasm
