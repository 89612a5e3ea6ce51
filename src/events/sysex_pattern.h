// The SysexPattern class says which sysex messages are meant, by their bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "midimon/result.h"

namespace midimon {

// A value.
class SysexPattern {
 public:
  // Reads bytes in hexadecimal, with blanks between them or not: "F0 7E ?? 06 01 * F7". "??" is any
  // one byte, "*" any number of them, also none, and stands once at most. F0 and F7 at the ends may
  // be left out. Fails with `invalid`.
  [[nodiscard]] static Result<SysexPattern> parse(std::string_view text);

  // Whether a sysex is like this; `bytes` is what stands between F0 and F7.
  [[nodiscard]] bool matches(std::span<const std::uint8_t> bytes) const;
  // Of one that matches, the byte at the first "??".
  [[nodiscard]] std::optional<std::uint8_t> open_byte(std::span<const std::uint8_t> bytes) const;

  // The first byte, which names the maker; nothing if it is left open.
  [[nodiscard]] std::optional<std::uint8_t> first() const;

  // The bytes of the one sysex it matches; nothing if it leaves any open.
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> bytes() const;

  // In its shortest form: "7E ?? 06 01 *". Patterns that are the same have the same.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const SysexPattern&, const SysexPattern&) = default;

 private:
  static constexpr std::uint8_t kAny = 0xFF;  // no data byte has this value

  static bool same(std::span<const std::uint8_t> wanted, std::span<const std::uint8_t> bytes);

  std::vector<std::uint8_t> head_;
  std::vector<std::uint8_t> tail_;  // after the "*"
  bool open_ = false;               // there is one
};

}  // namespace midimon
