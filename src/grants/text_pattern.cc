#include "grants/text_pattern.h"

#include "base/text.h"

namespace midimon::grants {

std::optional<TextPattern> intersect(const TextPattern& a, const TextPattern& b) {
  const TextPattern& longer = a.text.size() >= b.text.size() ? a : b;
  const TextPattern& shorter = &longer == &a ? b : a;
  if (longer.text == shorter.text) return TextPattern{a.text, a.prefix && b.prefix};
  if (shorter.prefix && longer.text.starts_with(shorter.text)) return longer;
  return std::nullopt;
}

std::optional<TextPattern> parse_text_pattern(std::string_view text) {
  TextPattern pattern;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '*') {
      if (i + 1 != text.size()) return std::nullopt;
      pattern.prefix = true;
      break;
    }
    if (text[i] == '\\' && ++i == text.size()) return std::nullopt;
    pattern.text += text[i];
  }
  if (text.empty() || !is_showable(pattern.text)) return std::nullopt;
  return pattern;
}

std::string to_string(const TextPattern& pattern, bool as_word) {
  std::string out;
  if (as_word && !pattern.prefix && pattern.text == "...") out = "\\";  // bare: any arguments
  for (const char c : pattern.text) {
    if (c == '\\' || c == '*' || (as_word && c == ' ')) out += '\\';
    out += c;
  }
  if (pattern.prefix) out += '*';
  return out;
}

std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  std::size_t start = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;  // and whatever it protects
    } else if (line[i] == ' ') {
      words.push_back(line.substr(start, i - start));
      start = i + 1;
    }
  }
  words.push_back(line.substr(start));
  return words;
}

}  // namespace midimon::grants
