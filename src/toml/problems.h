// The Problems class gathers all that is wrong with a TOML file, each with its place.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "toml/source_pos.h"

namespace midimon {

struct Problem {
  SourcePos pos;
  std::string text;
};

// Not thread-safe.
class Problems {
 public:
  void add(SourcePos pos, std::string text) { all_.push_back({pos, std::move(text)}); }
  [[nodiscard]] bool empty() const { return all_.empty(); }
  // In the order in which they stand in the file.
  [[nodiscard]] std::vector<Problem> in_order() const;
  // One line per problem, "file:line:column: text", in the order in which they stand in the file.
  [[nodiscard]] std::string lines(std::string_view file) const;

 private:
  std::vector<Problem> all_;
};

// `text` in quotes, fit for a message: escaped as base/text.h does, cut where it is long.
[[nodiscard]] std::string in_quotes(std::string_view text);

// "; did you mean "x"?" if one of `known` is near `word`, else "; allowed: a, b, c", or nothing if
// there are none.
[[nodiscard]] std::string hint(std::string_view word, std::span<const std::string_view> known);

}  // namespace midimon
