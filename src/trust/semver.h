// Versions as Semantic Versioning 2.0 reads and compares them.
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace midimon::trust {

class SemVer {
 public:
  // Nothing for what is not a version by the letter of the specification, or is longer than 128
  // characters. Numbers may be of any length.
  static std::optional<SemVer> parse(std::string_view text);

  // Precedence: what stands behind a `+` does not count, so two versions can be equal here and
  // different as text.
  friend std::strong_ordering operator<=>(const SemVer& a, const SemVer& b);
  friend bool operator==(const SemVer& a, const SemVer& b) { return std::is_eq(a <=> b); }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool is_prerelease() const { return !prerelease_.empty(); }

 private:
  std::string text_;
  std::array<std::string, 3> numbers_;
  std::vector<std::string> prerelease_;
};

}  // namespace midimon::trust
