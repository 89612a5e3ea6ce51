#include "audit/escape.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/text.h"

namespace midimon::audit {
namespace {

bool is_plain(char c) {
  return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

// Takes JSON's own escapes off, of which we write two.
std::optional<std::string> without_json(std::string_view inside) {
  std::string value;
  value.reserve(inside.size());
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '"') return {};
    if (inside[i] == '\\') {
      if (++i == inside.size() || (inside[i] != '"' && inside[i] != '\\')) return {};
    }
    value += inside[i];
  }
  return value;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto tail = [&](int shift) {
    out += static_cast<char>(0x80U | ((point >> shift) & 0x3FU));
  };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0U | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0U | (point >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::optional<std::uint32_t> hex(std::string_view digits) {
  std::uint32_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, value, 16);
  if (error != std::errc() || rest != end || value > 0x10FFFF) return {};
  return value;
}

// Takes one escape, of which the backslash is gone, off `text`.
bool take_escape(std::string& out, std::string_view& text) {
  const char kind = text.empty() ? '\0' : text.front();
  if (text.empty()) return false;
  text.remove_prefix(1);
  if (kind == 'n' || kind == 't' || kind == '\\') {
    out += kind == 'n' ? '\n' : kind == 't' ? '\t' : '\\';
    return true;
  }
  if (kind == 'x' && text.size() >= 2) {
    const auto byte = hex(text.substr(0, 2));
    text.remove_prefix(2);
    if (byte) out += static_cast<char>(*byte);
    return byte.has_value();
  }
  const std::size_t end = text.find('}');
  if (kind != 'u' || !text.starts_with('{') || end == std::string_view::npos) return false;
  const auto point = hex(text.substr(1, end - 1));
  text.remove_prefix(end + 1);
  if (point) append_utf8(out, *point);
  return point.has_value();
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    out += text;
    return;
  }
  for (const char c : escape_line(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
}

std::optional<std::string> unescape(std::string_view inside) {
  if (std::all_of(inside.begin(), inside.end(), is_plain)) return std::string(inside);
  const std::optional<std::string> value = without_json(inside);
  if (!value) return {};
  std::string text;
  for (std::string_view rest = *value; !rest.empty();) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c != '\\') {
      text += c;
    } else if (!take_escape(text, rest)) {
      return {};
    }
  }
  if (escape_line(text) != *value) return {};
  return text;
}

std::string shown_name(std::string_view name) {
  constexpr std::size_t kMost = 32;
  return escape_line(name.substr(0, kMost));
}

}  // namespace midimon::audit
