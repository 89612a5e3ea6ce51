#include "trust/semver.h"

#include <algorithm>

namespace midimon::trust {
namespace {

constexpr std::size_t kMaxSize = 128;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_number(std::string_view text) {
  return is_digits(text) && (text.size() == 1 || text.front() != '0');
}

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_word_character);
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t dot = text.find('.');
    parts.emplace_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    text.remove_prefix(dot + 1);
  }
}

// Numbers without leading zeros: the longer one is the larger.
std::strong_ordering compare_numbers(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

std::strong_ordering compare_identifiers(const std::string& a, const std::string& b) {
  if (is_digits(a) != is_digits(b)) {
    return is_digits(a) ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return is_digits(a) ? compare_numbers(a, b) : a.compare(b) <=> 0;
}

}  // namespace

std::optional<SemVer> SemVer::parse(std::string_view text) {
  if (text.size() > kMaxSize) return {};
  SemVer version;
  version.text_ = text;
  if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
    const auto build = split(text.substr(plus + 1));
    if (!std::all_of(build.begin(), build.end(), is_word)) return {};
    text = text.substr(0, plus);
  }
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    version.prerelease_ = split(text.substr(dash + 1));
    for (const std::string& part : version.prerelease_) {
      if (!is_word(part) || (is_digits(part) && !is_number(part))) return {};
    }
    text = text.substr(0, dash);
  }
  const auto numbers = split(text);
  if (numbers.size() != 3 || !std::all_of(numbers.begin(), numbers.end(), is_number)) return {};
  std::copy(numbers.begin(), numbers.end(), version.numbers_.begin());
  return version;
}

std::strong_ordering operator<=>(const SemVer& a, const SemVer& b) {
  for (std::size_t i = 0; i < a.numbers_.size(); ++i) {
    if (const auto order = compare_numbers(a.numbers_[i], b.numbers_[i]); std::is_neq(order))
      return order;
  }
  // A version that is not out yet comes before the one that is.
  if (a.prerelease_.empty() || b.prerelease_.empty()) {
    return b.prerelease_.size() <=> a.prerelease_.size();
  }
  const std::size_t common = std::min(a.prerelease_.size(), b.prerelease_.size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto order = compare_identifiers(a.prerelease_[i], b.prerelease_[i]);
    if (std::is_neq(order)) return order;
  }
  return a.prerelease_.size() <=> b.prerelease_.size();
}

}  // namespace midimon::trust
