#include "link.h"

#include <algorithm>

namespace spotify {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

bool is_kind(std::string_view text) {
  constexpr std::string_view kKinds[] = {"track", "album", "playlist", "artist", "episode", "show"};
  return std::find(std::begin(kKinds), std::end(kKinds), text) != std::end(kKinds);
}

}  // namespace

std::optional<Thing> parse_link(std::string_view text) {
  constexpr std::string_view kUri = "spotify:";
  constexpr std::string_view kPage = "https://open.spotify.com/";
  char between = ':';
  if (text.starts_with(kUri)) {
    text.remove_prefix(kUri.size());
  } else if (text.starts_with(kPage)) {
    text.remove_prefix(kPage.size());
    between = '/';
    text = text.substr(0, text.find_first_of("?#"));
    if (text.starts_with("intl-"))
      text.remove_prefix(std::min(text.find('/'), text.size() - 1) + 1);
  } else {
    return std::nullopt;
  }
  const std::size_t at = text.find(between);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view kind = text.substr(0, at);
  const std::string_view id = text.substr(at + 1);
  if (!is_kind(kind) || id.empty() || id.size() > 64 ||
      !std::all_of(id.begin(), id.end(), is_letter_or_digit)) {
    return std::nullopt;
  }
  return Thing{std::string(kind), std::string(id)};
}

std::string encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15U]};
    }
  }
  return out;
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

bool has_part(std::string_view text, std::string_view part) {
  for (std::size_t i = 0; i + part.size() <= text.size(); ++i) {
    if (same_name(text.substr(i, part.size()), part)) return true;
  }
  return false;
}

}  // namespace spotify
