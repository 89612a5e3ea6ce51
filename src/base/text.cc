#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace midimon {
namespace {

// The length of the sequence that starts with `lead`, or 0 if none can.
int utf8_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// The second byte carries the rules against overlong forms, surrogates and too large numbers
// (Unicode 15, table 3-7).
bool second_byte_ok(unsigned char lead, unsigned char second) {
  switch (lead) {
    case 0xE0:
      return second >= 0xA0 && second <= 0xBF;
    case 0xED:
      return second >= 0x80 && second <= 0x9F;
    case 0xF0:
      return second >= 0x90 && second <= 0xBF;
    case 0xF4:
      return second >= 0x80 && second <= 0x8F;
    default:
      return second >= 0x80 && second <= 0xBF;
  }
}

// The length of the well-formed sequence at the start of `text`, which is not empty; 0 if there is
// none.
std::size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const auto length = static_cast<std::size_t>(utf8_length(lead));
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (i == 1 ? !second_byte_ok(lead, byte) : (byte & 0xC0) != 0x80) return 0;
  }
  return length;
}

std::uint32_t code_point(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence.front());
  if (sequence.size() == 1) return lead;
  std::uint32_t point = lead & (0x7FU >> sequence.size());
  for (std::size_t i = 1; i < sequence.size(); ++i) {
    point = (point << 6) | (static_cast<unsigned char>(sequence[i]) & 0x3FU);
  }
  return point;
}

// Characters that change how the text around them is shown, or that cannot be seen (Unicode 15:
// C1 controls, soft hyphen, zero-width, line separators, bidirectional controls, BOM, tags).
bool is_deceptive(std::uint32_t point) {
  return (point >= 0x80 && point <= 0x9F) || point == 0xAD || point == 0x61C || point == 0x180E ||
         (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
         (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF ||
         (point >= 0xFFF9 && point <= 0xFFFB) || (point >= 0xE0000 && point <= 0xE007F);
}

void escape_ascii(std::string& out, unsigned char byte) {
  if (byte == '\n') {
    out += "\\n";
  } else if (byte == '\t') {
    out += "\\t";
  } else if (byte == '\\') {
    out += "\\\\";
  } else if (byte < 0x20 || byte == 0x7F) {
    out += fmt::format("\\x{:02x}", byte);
  } else {
    out += static_cast<char>(byte);
  }
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::optional<std::u32string> decode_utf8(std::string_view text) {
  std::u32string out;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return std::nullopt;
    out += static_cast<char32_t>(code_point(text.substr(0, length)));
    text.remove_prefix(length);
  }
  return out;
}

std::string encode_utf8(char32_t character) {
  if (character < 0x80) return {static_cast<char>(character)};
  const int more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;  // bytes after the first
  constexpr unsigned kLead[] = {0, 0xC0, 0xE0, 0xF0};
  std::string out(1, static_cast<char>(kLead[more] | (character >> (6 * more))));
  for (int i = more - 1; i >= 0; --i)
    out += static_cast<char>(0x80U | ((character >> (6 * i)) & 0x3FU));
  return out;
}

std::string escape_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (length == 0) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (length == 1) {
      escape_ascii(out, byte);
    } else if (const std::uint32_t point = code_point(text.substr(0, length));
               is_deceptive(point)) {
      out += fmt::format("\\u{{{:x}}}", point);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

bool is_showable(std::string_view text) {
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '\\', '/');  // escape_line() doubles them
  return escape_line(plain) == plain;
}

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  out.reserve(text.size() + 2);
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text.front();
    } else if (byte < 0x20) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
  return out;
}

}  // namespace midimon
