#include "words.h"

#include <algorithm>
#include <cstddef>

namespace obs {
namespace {

constexpr std::size_t kListed = 8;
// Names are any length; what is longer is not compared, as that takes time by the square of it.
constexpr std::size_t kLongest = 128;
constexpr std::size_t kCompared = 1000;

// How many characters have to be put in, taken out or replaced to make `b` of `a`.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

std::string nearest(std::string_view wanted, const Names& names) {
  if (wanted.size() > kLongest) return {};
  const std::string word = lower(wanted);
  std::string best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (std::size_t i = 0; i < std::min(names.size(), kCompared); ++i) {
    if (names[i].size() > kLongest) continue;
    const std::size_t apart = distance(word, lower(names[i]));
    if (apart >= least) continue;
    least = apart;
    best = names[i];
  }
  return best;
}

std::string listed(const Names& names) {
  if (names.empty()) return "none";
  const std::size_t shown = std::min(names.size(), kListed);
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == names.size();
    if (i > 0) text += last ? " and " : ", ";
    text += quoted(names[i]);
  }
  if (shown < names.size()) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

std::string no_such(std::string_view what, std::string_view wanted, const Names& names) {
  const std::string begin = "OBS has no " + std::string(what) + " " + quoted(wanted) + ". ";
  const std::string like = nearest(wanted, names);
  if (!like.empty()) return begin + "Did you mean " + quoted(like) + "?";
  return names.empty() ? begin + "There is none at all."
                       : begin + "There is " + listed(names) + ".";
}

}  // namespace obs
