#include "toml/problems.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "toml/closest.h"

namespace midimon {

std::vector<Problem> Problems::in_order() const {
  std::vector<Problem> out = all_;
  std::stable_sort(out.begin(), out.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.pos.line, a.pos.column) < std::tie(b.pos.line, b.pos.column);
  });
  return out;
}

std::string Problems::lines(std::string_view file) const {
  std::string out;
  for (const Problem& problem : in_order()) {
    if (!out.empty()) out += '\n';
    out += fmt::format("{}:{}:{}: {}", file, problem.pos.line, problem.pos.column, problem.text);
  }
  return out;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMax = 64;
  std::size_t size = std::min(text.size(), kMax);
  // Not in the middle of a UTF-8 sequence.
  while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80)
    --size;
  return fmt::format("\"{}{}\"", escape_line(text.substr(0, size)),
                     size < text.size() ? "..." : "");
}

std::string hint(std::string_view word, std::span<const std::string_view> known) {
  if (const auto near = closest(word, known)) return fmt::format("; did you mean \"{}\"?", *near);
  if (known.empty()) return "";
  return fmt::format("; allowed: {}", fmt::join(known, ", "));
}

}  // namespace midimon
