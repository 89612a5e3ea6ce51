// The text that all minisign files are made of: lines of comments and of base64.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "midimon/result.h"

namespace midimon::trust {

// Where minisign gives up too, or has no reason to go to.
inline constexpr std::size_t kMaxUntrustedComment = 1024;
inline constexpr std::size_t kMaxTrustedComment = 8192;
inline constexpr std::size_t kMaxKeyFile = 4096;
inline constexpr std::size_t kMaxSignatureFile = 16384;

// Exactly `count` lines, without their ends (LF or CRLF; the last may have none). `what` names the
// file in errors. Refused: more than `max_bytes`, another number of lines, NUL or a lone CR.
Result<std::vector<std::string_view>> split_lines(std::string_view text, std::size_t count,
                                                  std::size_t max_bytes, std::string_view what);

// What follows "untrusted comment: " or "trusted comment: ", as `prefix` says.
Result<std::string_view> read_comment(std::string_view line, std::string_view prefix,
                                      std::size_t max_bytes, std::string_view what);

// Fills all of `out` from base64 with padding and nothing besides; false for any other text.
[[nodiscard]] bool decode_base64(std::string_view text, std::span<unsigned char> out);
[[nodiscard]] std::string encode_base64(std::span<const unsigned char> bytes);

inline constexpr std::string_view kUntrusted = "untrusted comment: ";
inline constexpr std::string_view kTrusted = "trusted comment: ";

// Whether `text` can be a comment: one line that is not longer than `max_bytes`.
[[nodiscard]] bool is_comment(std::string_view text, std::size_t max_bytes);

}  // namespace midimon::trust
