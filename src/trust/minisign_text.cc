#include "trust/minisign_text.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>

#include "base/units.h"

namespace midimon::trust {

Result<std::vector<std::string_view>> split_lines(std::string_view text, std::size_t count,
                                                  std::size_t max_bytes, std::string_view what) {
  if (text.size() > max_bytes) {
    return fail(ErrorCode::limit,
                fmt::format("This is no {}: it is larger than {}.", what, format_bytes(max_bytes)));
  }
  // minisign reads lines as C strings: behind a NUL it would see less than we do.
  if (text.find('\0') != std::string_view::npos) {
    return fail(ErrorCode::invalid, fmt::format("This is no {}: it holds a NUL byte.", what));
  }
  std::vector<std::string_view> lines;
  while (!text.empty() && lines.size() <= count) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find('\r') != std::string_view::npos) {
      return fail(ErrorCode::invalid,
                  fmt::format("This is no {}: line {} holds a carriage return in its middle.", what,
                              lines.size() + 1));
    }
    lines.push_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  if (lines.size() != count) {
    return fail(ErrorCode::invalid,
                fmt::format("This is no {}: it has {} lines than the {} of one; it may be cut "
                            "short or damaged.",
                            what, lines.size() < count ? "fewer" : "more", count));
  }
  return lines;
}

Result<std::string_view> read_comment(std::string_view line, std::string_view prefix,
                                      std::size_t max_bytes, std::string_view what) {
  if (!line.starts_with(prefix)) {
    return fail(ErrorCode::invalid, fmt::format("This is no {}: where \"{}\" must stand there is "
                                                "something else.",
                                                what, prefix));
  }
  line.remove_prefix(prefix.size());
  if (line.size() > max_bytes) {
    return fail(ErrorCode::limit, fmt::format("This is no {}: a comment is longer than {}.", what,
                                              format_bytes(max_bytes)));
  }
  return line;
}

bool decode_base64(std::string_view text, std::span<unsigned char> out) {
  // libsodium 1.0.18 takes '+' and '/' with their top bit set for themselves.
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (!std::all_of(text.begin(), text.end(), is_ascii)) return false;
  std::size_t size = 0;
  // Without a place to say where it stopped, libsodium refuses whatever it cannot read whole, and
  // bits that stand for nothing.
  return ::sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size,
                             nullptr, sodium_base64_VARIANT_ORIGINAL) == 0 &&
         size == out.size();
}

std::string encode_base64(std::span<const unsigned char> bytes) {
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  ::sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                      sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the NUL
  return text;
}

bool is_comment(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') return false;
  }
  return true;
}

}  // namespace midimon::trust
