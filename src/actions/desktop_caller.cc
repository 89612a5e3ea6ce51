#include "actions/desktop_caller.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "base/text.h"

namespace midimon {
namespace {

constexpr std::array<std::string_view, 2> kSchemes = {"http://", "https://"};
constexpr std::size_t kMaxUrl = 2048;
constexpr std::size_t kMaxApplicationId = 255;
constexpr std::string_view kMail = "mailto:";
constexpr std::array<std::string_view, 8> kMailFields = {
    "to", "cc", "bcc", "subject", "body", "in-reply-to", "references", "keywords"};
constexpr std::array<std::string_view, 3> kFileFields = {"attach", "attachment", "insert"};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// What is no %XX stays as it is.
std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// Whether each piece of `text` between any of `separators` is good.
template <typename IsGood>
bool all_pieces(std::string_view text, std::string_view separators, const IsGood& is_good) {
  while (true) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (!is_good(text.substr(0, end))) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

template <std::size_t kSize>
bool is_one_of(const std::array<std::string_view, kSize>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_mail_field(std::string_view field) {
  const std::string_view name = field.substr(0, field.find('='));
  return field.empty() || is_one_of(kMailFields, to_lower(percent_decode(name)));
}

bool names_no_file(std::string_view piece) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t equals = piece.find('=');
  if (equals == std::string_view::npos) return true;
  std::string_view name = piece.substr(0, equals);
  name.remove_prefix(std::min(name.find_first_not_of(kBlank), name.size()));
  name = name.substr(0, name.find_last_not_of(kBlank) + 1);
  return !is_one_of(kFileFields, to_lower(name));
}

// `rest` is what follows "mailto:". Programs do not agree on where a field begins, and on what is
// decoded before: so it must be a good mail as the standard reads it (RFC 6068), and no reading of
// it may have a file.
bool is_mail_without_files(std::string_view rest) {
  const std::size_t question = rest.find('?');
  const std::string_view fields =
      question == std::string_view::npos ? "" : rest.substr(question + 1);
  return all_pieces(fields, "&", is_mail_field) &&
         all_pieces(percent_decode(rest), "?&;#\r\n", names_no_file);
}

}  // namespace

bool is_openable_url(std::string_view url) {
  if (url.size() > kMaxUrl) return false;
  const bool printable = std::all_of(url.begin(), url.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != '\'' && c != '`' && c != '<' && c != '>' &&
           c != '\\';
  });
  if (!printable) return false;
  const auto begins_with = [url](std::string_view scheme) {
    return url.size() > scheme.size() && to_lower(url.substr(0, scheme.size())) == scheme;
  };
  if (begins_with(kMail)) return is_mail_without_files(url.substr(kMail.size()));
  return std::any_of(kSchemes.begin(), kSchemes.end(), begins_with);
}

bool is_application_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxApplicationId && id.front() != '-' && id.front() != '.' &&
         id.find('/') == id.npos && id.find("..") == id.npos && is_showable(id);
}

}  // namespace midimon
