// The Json class is a value of JSON: read from text that may be hostile, looked into, built, and
// written. No exceptions: what is not there or of another kind is null, or the fallback given.
//
// Reading is bounded (Limits), checks that strings are UTF-8, and needs the text no more
// afterwards. Not thread-safe, as guests have one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace midimon {

// Whether `text` is UTF-8: the shortest form of each, no surrogates, nothing above U+10FFFF.
inline bool is_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = byte(i);
    const std::size_t size = first < 0x80                    ? 1
                             : first >= 0xC2 && first < 0xE0 ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
    if (size == 0 || text.size() - i < size) return false;
    for (std::size_t k = 1; k < size; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
    }
    if (first == 0xE0 && byte(i + 1) < 0xA0) return false;   // overlong
    if (first == 0xED && byte(i + 1) >= 0xA0) return false;  // a surrogate
    if (first == 0xF0 && byte(i + 1) < 0x90) return false;   // overlong
    if (first == 0xF4 && byte(i + 1) >= 0x90) return false;  // above U+10FFFF
    i += size;
  }
  return true;
}

// Appends a code point below 0x110000 as UTF-8.
inline void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

class Json {
 public:
  enum class Kind : std::uint8_t { null, boolean, integer, number, string, array, object };

  // What is more than this is not read.
  struct Limits {
    std::size_t depth = 32;      // of arrays and objects in one another
    std::size_t values = 65536;  // at all
  };

  Json() = default;
  Json(bool value) : kind_(Kind::boolean), integer_(value ? 1 : 0) {}  // NOLINT: meant to convert
  template <typename T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
      Json(T value)  // NOLINT: meant to convert
      : kind_(Kind::integer), integer_(static_cast<std::int64_t>(value)) {}
  Json(double value) : kind_(Kind::number), number_(value) {}  // NOLINT: meant to convert
  Json(std::string value) : kind_(Kind::string), text_(std::move(value)) {}  // NOLINT: see above
  Json(std::string_view value) : Json(std::string(value)) {}                 // NOLINT: see above
  Json(const char* value) : Json(std::string(value)) {}                      // NOLINT: see above

  // Json::object({{"name", "x"}, {"size", 3}}), Json::array({1, 2}); without anything they are
  // empty.
  static Json object(std::initializer_list<std::pair<std::string_view, Json>> members = {}) {
    Json json;
    json.kind_ = Kind::object;
    for (const auto& [name, value] : members)
      json.add(name, value);
    return json;
  }
  static Json array(std::initializer_list<Json> items = {}) {
    Json json;
    json.kind_ = Kind::array;
    json.items_ = items;
    return json;
  }

  // Reads exactly one value. Nothing if `text` is not JSON (RFC 8259), not UTF-8, or above a limit.
  static std::optional<Json> parse(std::string_view text, Limits limits);
  static std::optional<Json> parse(std::string_view text) { return parse(text, Limits()); }

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::null; }
  [[nodiscard]] bool is_boolean() const { return kind_ == Kind::boolean; }
  [[nodiscard]] bool is_integer() const { return kind_ == Kind::integer; }
  [[nodiscard]] bool is_number() const { return is_integer() || kind_ == Kind::number; }
  [[nodiscard]] bool is_string() const { return kind_ == Kind::string; }
  [[nodiscard]] bool is_array() const { return kind_ == Kind::array; }
  [[nodiscard]] bool is_object() const { return kind_ == Kind::object; }

  // What it holds; the fallback if that is of another kind.
  [[nodiscard]] bool boolean(bool fallback = false) const {
    return is_boolean() ? integer_ != 0 : fallback;
  }
  // A number that is whole, such as 3.0, counts.
  [[nodiscard]] std::int64_t integer(std::int64_t fallback = 0) const {
    return whole().value_or(fallback);
  }
  [[nodiscard]] std::optional<std::int64_t> whole() const {
    if (is_integer()) return integer_;
    constexpr double kExact = 9007199254740992.0;
    if (kind_ != Kind::number || !(number_ >= -kExact && number_ <= kExact)) return std::nullopt;
    const auto value = static_cast<std::int64_t>(number_);
    if (static_cast<double>(value) != number_) return std::nullopt;
    return value;
  }
  [[nodiscard]] double number(double fallback = 0) const {
    if (is_integer()) return static_cast<double>(integer_);
    return kind_ == Kind::number ? number_ : fallback;
  }
  // Points into this value.
  [[nodiscard]] std::string_view string(std::string_view fallback = {}) const {
    return is_string() ? std::string_view(text_) : fallback;
  }

  // How many items or members; 0 for all else.
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] bool empty() const { return items_.empty(); }

  // The member or item; null (the value) if there is none. Of equal names the last counts.
  const Json& operator[](std::string_view name) const {
    const Json* found = find(name);
    return found != nullptr ? *found : none();
  }
  const Json& operator[](const char* name) const { return (*this)[std::string_view(name)]; }
  template <typename T>
  requires std::is_integral_v<T>
  const Json& operator[](T index) const {
    const auto wanted = static_cast<std::size_t>(index);
    return wanted < items_.size() ? items_[wanted] : none();
  }
  [[nodiscard]] const Json* find(std::string_view name) const {
    for (std::size_t i = names_.size(); i-- > 0;) {
      if (names_[i] == name) return &items_[i];
    }
    return nullptr;
  }
  [[nodiscard]] bool contains(std::string_view name) const { return find(name) != nullptr; }

  // For loops: items of an array, or the members' values, whose names are name(i), in order.
  [[nodiscard]] const std::vector<Json>& items() const { return items_; }
  [[nodiscard]] std::string_view name(std::size_t index) const {
    return index < names_.size() ? std::string_view(names_[index]) : std::string_view();
  }

  // Puts a member into an object, in place of one of that name. What is no object becomes one.
  Json& set(std::string_view name, Json value) {
    become(Kind::object);
    for (std::size_t i = names_.size(); i-- > 0;) {
      if (names_[i] != name) continue;
      items_[i] = std::move(value);
      return *this;
    }
    return add(name, std::move(value));
  }
  // Puts an item at the end of an array. What is no array becomes one.
  Json& push_back(Json value) {
    become(Kind::array);
    items_.push_back(std::move(value));
    return *this;
  }

  // The item or member that was put in last; null if there is none. Valid until the next is.
  [[nodiscard]] Json* last() { return items_.empty() ? nullptr : &items_.back(); }

  // As text, without spaces, all of it UTF-8: bytes that are not become U+FFFD. A number that JSON
  // has no word for (NaN, infinity) is written as null.
  [[nodiscard]] std::string dump() const {
    std::string out;
    write(out);
    return out;
  }
  void write(std::string& out) const;

  // 1 and 1.0 are equal; objects are if they have the same members in the same order.
  friend bool operator==(const Json& a, const Json& b) {
    if (a.is_number() && b.is_number()) {
      return a.is_integer() && b.is_integer() ? a.integer_ == b.integer_ : a.number() == b.number();
    }
    return a.kind_ == b.kind_ && a.integer_ == b.integer_ && a.text_ == b.text_ &&
           a.names_ == b.names_ && a.items_ == b.items_;
  }

 private:
  class Reader;

  static const Json& none() {
    static const Json null;
    return null;
  }
  void become(Kind kind) {
    if (kind_ == kind) return;
    *this = Json();
    kind_ = kind;
  }
  Json& add(std::string_view name, Json value) {
    names_.emplace_back(name);
    items_.push_back(std::move(value));
    return *this;
  }

  Kind kind_ = Kind::null;
  std::int64_t integer_ = 0;  // or a boolean
  double number_ = 0;
  std::string text_;
  std::vector<std::string> names_;  // of an object's members, in step with items_
  std::vector<Json> items_;
};

namespace json_detail {

inline void append_integer(std::string& out, std::int64_t value) {
  char digits[20];
  std::size_t count = 0;
  std::uint64_t rest =
      value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  do {
    digits[count++] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  if (value < 0) out += '-';
  while (count > 0)
    out += digits[--count];
}

// "-d.ddde-12" with `digits` digits, and trailing zeros left out.
inline std::string scientific(long double value, int exponent, int digits) {
  // The digits as a whole number, rounded.
  long double shifted = value;
  for (int left = digits - 1 - exponent; left != 0;) {
    const int step = left > 300 ? 300 : left < -300 ? -300 : left;
    long double power = 1;
    for (int i = step < 0 ? -step : step; i > 0; --i)
      power *= 10;
    shifted = step > 0 ? shifted * power : shifted / power;
    left -= step;
  }
  std::string text;
  append_integer(text, static_cast<std::int64_t>(shifted + 0.5L));
  if (text.size() > static_cast<std::size_t>(digits)) ++exponent;  // 9.99 became 10.0
  while (text.size() > 1 && text.back() == '0')
    text.pop_back();
  if (text.size() > 1) text.insert(1, ".");
  if (exponent != 0) {
    text += 'e';
    append_integer(text, exponent);
  }
  return text;
}

// The shortest text of 15 to 17 digits that is read as the same number. printf is larger than all
// the rest of a small plugin.
inline void append_number(std::string& out, double value) {
  if (!(value >= -std::numeric_limits<double>::max() &&
        value <= std::numeric_limits<double>::max())) {
    out += "null";
    return;
  }
  constexpr double kExact = 9007199254740992.0;
  if (value >= -kExact && value <= kExact &&
      static_cast<double>(static_cast<std::int64_t>(value)) == value) {
    append_integer(out, static_cast<std::int64_t>(value));
    return;
  }
  if (value < 0) out += '-';
  const double size = value < 0 ? -value : value;
  int exponent = 0;
  for (long double rest = size; rest >= 10; rest /= 10)
    ++exponent;
  for (long double rest = size; rest < 1; rest *= 10)
    --exponent;
  std::string text;
  for (int digits = 15; digits <= 17; ++digits) {
    text = scientific(size, exponent, digits);
    if (std::strtod(text.c_str(), nullptr) == size) break;
  }
  // 0.125 rather than 1.25e-1, as people write it.
  const std::size_t e = text.find('e');
  if (e != std::string::npos && exponent < 0 && exponent >= -5) {
    std::string digits = text.substr(0, e);
    if (digits.size() > 1) digits.erase(1, 1);
    text = "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  } else if (e != std::string::npos && exponent > 0 && exponent < 16) {
    std::string digits = text.substr(0, e);
    if (digits.size() > 1) digits.erase(1, 1);
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() > whole) digits.insert(whole, ".");
    if (digits.size() < whole) digits.append(whole - digits.size(), '0');
    text = digits;
  }
  out += text;
}

inline void append_string(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  const bool sound = is_utf8(text);
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[i];
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else if (byte < 0x80 || sound) {
      out += text[i];
    } else {
      // A whole character as it is, anything else as U+FFFD.
      std::size_t size = 4;
      while (size > 1 && (text.size() - i < size || !is_utf8(text.substr(i, size)) ||
                          (static_cast<unsigned char>(text[i + size - 1]) & 0xC0) != 0x80)) {
        --size;
      }
      if (size > 1) {
        out += text.substr(i, size);
      } else {
        append_utf8(out, 0xFFFD);
      }
      i += size - 1;
    }
  }
  out += '"';
}

}  // namespace json_detail

class Json::Reader {
 public:
  Reader(std::string_view text, Limits limits) : text_(text), limits_(limits) {}

  bool whole(Json& out) {
    return is_utf8(text_) && value(out, 0) && (skip_space(), at_ == text_.size());
  }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos)
      ++at_;
  }

  bool value(Json& out, std::size_t depth) {
    if (values_++ >= limits_.values) return false;
    skip_space();
    switch (peek()) {
      case '{':
        return depth < limits_.depth && object(out, depth);
      case '[':
        return depth < limits_.depth && array(out, depth);
      case '"':
        out.kind_ = Kind::string;
        return string(out.text_);
      case 't':
        out = Json(true);
        return take("true");
      case 'f':
        out = Json(false);
        return take("false");
      case 'n':
        return take("null");
      default:
        return number(out);
    }
  }

  bool object(Json& out, std::size_t depth) {
    out.kind_ = Kind::object;
    ++at_;
    skip_space();
    if (take('}')) return true;
    do {
      skip_space();
      out.names_.emplace_back();
      if (!string(out.names_.back())) return false;
      skip_space();
      if (!take(':') || !value(out.items_.emplace_back(), depth + 1)) return false;
      skip_space();
    } while (take(','));
    return take('}');
  }

  bool array(Json& out, std::size_t depth) {
    out.kind_ = Kind::array;
    ++at_;
    skip_space();
    if (take(']')) return true;
    do {
      if (!value(out.items_.emplace_back(), depth + 1)) return false;
      skip_space();
    } while (take(','));
    return take(']');
  }

  bool string(std::string& out) {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const std::size_t start = at_;
      while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
             static_cast<unsigned char>(text_[at_]) >= 0x20) {
        ++at_;
      }
      out += text_.substr(start, at_ - start);
      if (take('"')) return true;
      if (!take('\\') || !escape(out)) return false;
    }
    return false;
  }

  bool escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    if (take('u')) return code_point(out);
    const std::size_t which = at_ < text_.size() ? kNames.find(text_[at_]) : kNames.npos;
    if (which == kNames.npos) return false;
    ++at_;
    out += kMeant[which];
    return true;
  }

  bool code_point(std::string& out) {
    std::uint32_t code = 0;
    if (!four_digits(code)) return false;
    if (code >= 0xDC00 && code < 0xE000) return false;
    if (code >= 0xD800 && code < 0xDC00) {
      std::uint32_t low = 0;
      if (!take("\\u") || !four_digits(low) || low < 0xDC00 || low >= 0xE000) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, code);
    return true;
  }

  bool four_digits(std::uint32_t& code) {
    if (text_.size() - at_ < 4) return false;
    for (int i = 0; i < 4; ++i) {
      const char c = text_[at_++];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return false;
      code = code * 16 + static_cast<std::uint32_t>(digit);
    }
    return true;
  }

  std::size_t digits() {
    const std::size_t start = at_;
    while (peek() >= '0' && peek() <= '9')
      ++at_;
    return at_ - start;
  }

  bool number(Json& out) {
    const std::size_t start = at_;
    take('-');
    const bool zero = peek() == '0';
    const std::size_t count = digits();
    if (count == 0 || (zero && count > 1)) return false;
    bool is_whole = true;
    if (take('.')) {
      is_whole = false;
      if (digits() == 0) return false;
    }
    if (take('e') || take('E')) {
      is_whole = false;
      if (!take('+')) take('-');
      if (digits() == 0) return false;
    }
    const std::string text(text_.substr(start, at_ - start));
    if (is_whole && whole_number(text, out)) return true;
    out = Json(std::strtod(text.c_str(), nullptr));
    // 1e999 is not a number that a plugin could do anything with.
    return out.number_ >= -std::numeric_limits<double>::max() &&
           out.number_ <= std::numeric_limits<double>::max();
  }

  // False if it does not fit.
  static bool whole_number(std::string_view text, Json& out) {
    const bool negative = text[0] == '-';
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    std::uint64_t value = 0;
    for (const char c : text.substr(negative ? 1 : 0)) {
      const auto digit = static_cast<std::uint64_t>(c - '0');
      if (value > (kMost - digit) / 10) return false;
      value = value * 10 + digit;
    }
    const auto whole = static_cast<std::int64_t>(value);
    out = Json(negative ? -whole : whole);
    return true;
  }

  std::string_view text_;
  Limits limits_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
};

inline std::optional<Json> Json::parse(std::string_view text, Limits limits) {
  Json json;
  if (!Reader(text, limits).whole(json)) return std::nullopt;
  return json;
}

inline void Json::write(std::string& out) const {
  switch (kind_) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += integer_ != 0 ? "true" : "false";
      return;
    case Kind::integer:
      json_detail::append_integer(out, integer_);
      return;
    case Kind::number:
      json_detail::append_number(out, number_);
      return;
    case Kind::string:
      json_detail::append_string(out, text_);
      return;
    case Kind::array:
    case Kind::object:
      break;
  }
  const bool named = is_object();
  out += named ? '{' : '[';
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (i > 0) out += ',';
    if (named) {
      json_detail::append_string(out, names_[i]);
      out += ':';
    }
    items_[i].write(out);
  }
  out += named ? '}' : ']';
}

}  // namespace midimon
