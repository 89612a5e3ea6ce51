// How host functions read what a guest points to, and hand it their answers.
//
// A guest's pointers, lengths and texts may be anything. What is read is charged to its fuel before
// it is looked at; a view into its memory holds until the host function returns.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <tl/expected.hpp>

#include "base/text.h"
#include "hostapi/answer.h"
#include "wasm/host_function.h"

namespace midimon::hostapi {

using wasm::host_function;
using wasm::HostCall;

inline constexpr std::uint64_t kCallCost = 100;     // fuel
inline constexpr std::uint64_t kBytesPerFuel = 16;  // copied and checked

// Charges for a call that looks at or copies so many bytes.
inline void charge(HostCall& call, std::uint64_t bytes = 0) {
  call.budget.charge(kCallCost + bytes / kBytesPerFuel);
}

// Bytes of the guest, at most `max`. Errors: bad_text, not inside its memory; too_large.
inline tl::expected<std::string_view, Answer> read_bytes(HostCall& call, std::uint32_t address,
                                                         std::uint32_t length, std::size_t max) {
  charge(call, std::min<std::size_t>(length, max));
  if (!call.memory.contains(address, length)) return tl::unexpected(Answer::bad_text);
  if (length > max) return tl::unexpected(Answer::too_large);
  return call.memory.text(address, length);
}

// The same, of UTF-8; what is not is bad_text too.
inline tl::expected<std::string_view, Answer> read_text(HostCall& call, std::uint32_t address,
                                                        std::uint32_t length, std::size_t max) {
  auto text = read_bytes(call, address, length, max);
  if (text && !is_utf8(*text)) return tl::unexpected(Answer::bad_text);
  return text;
}

// Where a function writes what it answers: `capacity` bytes at `buffer`, and how many they were, a
// u32 at `length`.
struct OutBuffer {
  std::uint32_t buffer = 0;
  std::uint32_t capacity = 0;
  std::uint32_t length = 0;

  // Whether all of it lies inside the guest's memory. Asked before anything is done, as what was
  // done could not be told.
  [[nodiscard]] bool fits(const HostCall& call) const {
    return call.memory.contains(buffer, capacity) && call.memory.holds<std::uint32_t>(length);
  }
};

// Hands all of `bytes` to the guest, or nothing: too_small where it has no room for them. *length
// says how many there are either way. `out` fits.
inline Answer write_whole(HostCall& call, const OutBuffer& out, std::string_view bytes) {
  call.memory.store(out.length, static_cast<std::uint32_t>(bytes.size()));
  if (bytes.size() > out.capacity) return Answer::too_small;
  call.budget.charge(bytes.size() / kBytesPerFuel);
  if (!bytes.empty()) {
    std::memcpy(call.memory.bytes(out.buffer, bytes.size()).data(), bytes.data(), bytes.size());
  }
  return Answer::ok;
}

}  // namespace midimon::hostapi
