#include "toml/toml_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace midimon {
namespace {

// The parser and the tables it makes recurse once for each part of a dotted key and set no limit.
// No key of ours has more than a handful.
constexpr int kMaxKeyParts = 32;

// Walks over TOML text to find a key of too many parts before the parser sees it. Outside of
// strings and comments it counts dots, anew behind whatever cannot stand inside a key.
class KeyDepthScan {
 public:
  explicit KeyDepthScan(std::string_view text) : text_(text) {}

  // Where the first key that is too deep is; nothing if there is none.
  std::optional<SourcePos> run() {
    int dots = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string(c);
        continue;
      }
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      if (c == '.' && ++dots >= kMaxKeyParts) return pos();
      if (std::string_view("\n=,{}[]").find(c) != std::string_view::npos) dots = 0;
      ++at_;
    }
    return std::nullopt;
  }

 private:
  void skip_string(char quote) {
    const std::string three(3, quote);
    const bool lines = text_.substr(at_).starts_with(three);
    const std::string_view end = std::string_view(three).substr(0, lines ? 3 : 1);
    at_ += end.size();
    while (at_ < text_.size() && !text_.substr(at_).starts_with(end)) {
      if (!lines && text_[at_] == '\n') return;  // not closed: the parser stops here
      at_ += quote == '"' && text_[at_] == '\\' ? 2 : 1;
    }
    at_ = std::min(at_ + end.size(), text_.size());
    // """a""""" ends in two quotes of its own.
    for (int i = 0; lines && i < 2 && at_ < text_.size() && text_[at_] == quote; ++i)
      ++at_;
  }

  [[nodiscard]] SourcePos pos() const {
    const std::string_view before = text_.substr(0, at_);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
    return {static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(at_ - start + 1)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// The library quotes what it read.
std::string one_line(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), '\n', ' ');
  return escape_line(out);
}

}  // namespace

SourcePos pos_of(const toml::source_region& source) {
  return {source.begin.line, source.begin.column};
}

SourcePos pos_of(const toml::node& node) {
  return pos_of(node.source());
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a float";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

std::optional<toml::table> parse_toml(std::string_view text, Problems& problems) {
  if (const auto pos = KeyDepthScan(text).run()) {
    problems.add(*pos, fmt::format("a key of more than {} parts", kMaxKeyParts));
    return std::nullopt;
  }
  toml::parse_result result = toml::parse(text);
  if (result) return std::move(result).table();
  problems.add(pos_of(result.error().source()), one_line(result.error().description()));
  return std::nullopt;
}

std::optional<std::string> as_line(const toml::node& node) {
  const auto* text = node.as_string();
  if (text == nullptr || text->get().empty()) return std::nullopt;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(text->get().begin(), text->get().end(), is_control)) return std::nullopt;
  return text->get();
}

const toml::node* TomlTable::find(std::string_view key, Need need, std::string_view expected) {
  known_.push_back(key);
  const toml::node* node = table_.get(key);
  if (node == nullptr && need == Need::required) {
    problems_.add(pos(), fmt::format("{} needs \"{}\", {}", name_, key, expected));
  }
  return node;
}

void TomlTable::refuse(std::string_view key, const toml::node& node, std::string_view expected) {
  std::string found(type_name(node));
  if (const auto* text = node.as_string()) found = in_quotes(text->get());
  if (const auto* number = node.as_integer()) found = std::to_string(number->get());
  problems_.add(pos_of(node), fmt::format("\"{}\" must be {}, not {}", key, expected, found));
}

std::optional<std::string> TomlTable::string(std::string_view key, Need need,
                                             std::string_view expected) {
  const toml::node* node = find(key, need, expected);
  if (node == nullptr) return std::nullopt;
  auto text = as_line(*node);
  if (!text) refuse(key, *node, "a string of one line that is not empty");
  return text;
}

std::optional<std::int64_t> TomlTable::integer(std::string_view key, std::int64_t min,
                                               std::int64_t max, Need need) {
  const std::string expected = fmt::format("an integer from {} to {}", min, max);
  const toml::node* node = find(key, need, expected);
  if (node == nullptr) return std::nullopt;
  const auto* number = node->as_integer();
  if (number != nullptr && number->get() >= min && number->get() <= max) return number->get();
  refuse(key, *node, expected);
  return std::nullopt;
}

std::optional<bool> TomlTable::boolean(std::string_view key) {
  const toml::node* node = find(key, Need::optional, "true or false");
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_boolean()) return value->get();
  refuse(key, *node, "true or false");
  return std::nullopt;
}

const toml::table* TomlTable::table(std::string_view key, Need need) {
  const toml::node* node = find(key, need, "a table");
  if (node != nullptr && !node->is_table()) refuse(key, *node, "a table");
  return node == nullptr ? nullptr : node->as_table();
}

const toml::array* TomlTable::array(std::string_view key, Need need) {
  const toml::node* node = find(key, need, "an array");
  if (node != nullptr && !node->is_array()) refuse(key, *node, "an array");
  return node == nullptr ? nullptr : node->as_array();
}

std::vector<const toml::table*> TomlTable::tables(std::string_view key) {
  const std::string expected = fmt::format("an array of tables, each written as [[{}]]", key);
  std::vector<const toml::table*> out;
  const toml::node* node = find(key, Need::optional, expected);
  if (node == nullptr) return out;
  if (!node->is_array()) {
    refuse(key, *node, expected);
    return out;
  }
  for (const toml::node& element : *node->as_array()) {
    if (element.is_table()) {
      out.push_back(element.as_table());
    } else {
      refuse(key, element, expected);
    }
  }
  return out;
}

void TomlTable::refuse_other_keys() {
  for (const auto& [key, node] : table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
    problems_.add(pos_of(key.source()), fmt::format("{} has no key {}{}", name_,
                                                    in_quotes(key.str()), hint(key.str(), known_)));
  }
}

void TomlTable::refuse_other_keys(std::span<const std::string_view> names) {
  std::erase_if(known_, [names](std::string_view key) {
    return std::find(names.begin(), names.end(), key) == names.end();
  });
  refuse_other_keys();
}

SourcePos TomlTable::pos(std::string_view key) const {
  const toml::node* node = table_.get(key);
  return node == nullptr ? pos() : pos_of(*node);
}

}  // namespace midimon
