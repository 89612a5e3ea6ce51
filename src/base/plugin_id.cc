#include "midimon/plugin_id.h"

#include <algorithm>

namespace midimon {
namespace {

constexpr std::size_t kMaxSize = 64;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

bool is_plugin_id(std::string_view text) {
  if (text.empty() || text.size() > kMaxSize || text.find("..") != std::string_view::npos) {
    return false;
  }
  return is_letter_or_digit(text.front()) && is_letter_or_digit(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

}  // namespace midimon
