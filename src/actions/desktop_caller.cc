#include "actions/desktop_caller.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.h"
#include "base/text.h"

namespace midimon {
namespace {

constexpr std::array<std::string_view, 3> kSchemes = {"http://", "https://", "mailto:"};
constexpr std::size_t kMaxUrl = 2048;
constexpr std::size_t kMaxApplicationId = 255;

}  // namespace

bool is_openable_url(std::string_view url) {
  if (url.size() > kMaxUrl) return false;
  const bool printable = std::all_of(url.begin(), url.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != '\'' && c != '`' && c != '<' && c != '>' &&
           c != '\\';
  });
  return printable && std::any_of(kSchemes.begin(), kSchemes.end(), [url](std::string_view scheme) {
           return url.size() > scheme.size() && to_lower(url.substr(0, scheme.size())) == scheme;
         });
}

bool is_application_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxApplicationId && id.front() != '-' && id.front() != '.' &&
         id.find('/') == id.npos && id.find("..") == id.npos && is_showable(id);
}

}  // namespace midimon
