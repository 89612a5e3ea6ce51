#include "json_reader.h"

#include <charconv>

namespace practice_log {
namespace {

constexpr int kMaxDepth = 80;  // the host sends no more than 64 below "params"
constexpr std::size_t kMaxDigits = 18;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80U | (code >> shift & 0x3fU)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0U | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0U | code >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0U | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

void JsonReader::blanks() {
  while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')
    ++at_;
}

bool JsonReader::take(std::string_view word) {
  if (text_.substr(at_, word.size()) != word) return false;
  at_ += word.size();
  return true;
}

bool JsonReader::begin(char bracket) {
  blanks();
  if (wrong_ || peek() != bracket) return false;
  ++at_;
  first_ = true;
  return true;
}

bool JsonReader::next(char bracket) {
  const bool first = first_;
  first_ = false;
  blanks();
  if (wrong_) return false;
  if (peek() == bracket) {
    ++at_;
    return false;
  }
  return first || take(",") || wrong();
}

bool JsonReader::next_key(std::string& key) {
  if (!next('}')) return false;
  if (!string(key)) return wrong();
  blanks();
  return take(":") || wrong();
}

bool JsonReader::integer(std::int64_t& value) {
  blanks();
  std::size_t end = at_;
  if (peek() == '-') ++end;
  const std::size_t digits = end;
  while (end < text_.size() && is_digit(text_[end]))
    ++end;
  const std::size_t count = end - digits;
  if (wrong_ || count == 0 || count > kMaxDigits) return false;
  if (text_[digits] == '0' && count > 1) return false;
  if (end < text_.size() && (text_[end] == '.' || text_[end] == 'e' || text_[end] == 'E')) {
    return false;
  }
  std::from_chars(text_.data() + at_, text_.data() + end, value);
  at_ = end;
  return true;
}

bool JsonReader::string(std::string& value) {
  blanks();
  if (wrong_ || peek() != '"') return false;
  const std::size_t start = at_++;
  value.clear();
  while (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) >= 0x20) {
    const char c = text_[at_++];
    if (c == '"') return true;
    if (c != '\\') {
      value += c;
    } else if (!escape(value)) {
      break;
    }
  }
  at_ = start;
  return false;
}

bool JsonReader::escape(std::string& value) {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t known = kNames.find(peek());
  if (at_ < text_.size() && known != std::string_view::npos) {
    ++at_;
    value += kMeanings[known];
    return true;
  }
  std::uint32_t code = 0;
  if (!code_unit(code)) return false;
  if (code >= 0xd800 && code < 0xdc00) {
    std::uint32_t low = 0;
    if (!take("\\") || !code_unit(low) || low < 0xdc00 || low > 0xdfff) return false;
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  } else if (code >= 0xdc00 && code <= 0xdfff) {
    return false;
  }
  append_utf8(value, code);
  return true;
}

bool JsonReader::code_unit(std::uint32_t& unit) {
  if (!take("u") || text_.size() - at_ < 4) return false;
  const char* begin = text_.data() + at_;
  at_ += 4;
  return std::from_chars(begin, begin + 4, unit, 16).ptr == begin + 4;
}

bool JsonReader::skip_number() {
  const auto digits = [this] {
    const std::size_t start = at_;
    while (is_digit(peek()))
      ++at_;
    return at_ - start;
  };
  take("-");
  const bool zero = peek() == '0';
  const std::size_t count = digits();
  if (count == 0 || (zero && count > 1)) return false;
  if (take(".") && digits() == 0) return false;
  if (take("e") || take("E")) {
    if (!take("+")) take("-");
    return digits() > 0;
  }
  return true;
}

bool JsonReader::skip_nested(int depth) {
  std::string text;
  if (depth > kMaxDepth) return wrong();
  if (begin_object()) {
    while (next_key(text) && skip_nested(depth + 1)) {
    }
    return !wrong_;
  }
  if (begin_array()) {
    while (next_item() && skip_nested(depth + 1)) {
    }
    return !wrong_;
  }
  if (wrong_) return false;
  if (string(text) || take("true") || take("false") || take("null")) return true;
  return skip_number() || wrong();
}

bool JsonReader::finished() {
  blanks();
  return !wrong_ && at_ == text_.size();
}

}  // namespace practice_log
