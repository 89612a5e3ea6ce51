#include "secrets/secret_file.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <vector>

#include "grants/signer.h"

namespace midimon::secrets {
namespace {

constexpr std::string_view kFirstLine = "midimon secrets 1";
constexpr std::size_t kMaxOthers = 320;  // bytes of a line that are neither names nor the value
constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::array kKinds = {Kind::hidden, Kind::readable, Kind::own};

std::optional<Kind> parse_kind(std::string_view text) {
  for (const Kind kind : kKinds) {
    if (to_string(kind) == text) return kind;
  }
  return std::nullopt;
}

std::optional<trust::SecretBytes> from_hex(std::string_view text) {
  if (text == "-") return trust::SecretBytes();
  if (text.empty() || text.size() % 2 != 0 || text.size() / 2 > kMaxSecretBytes)
    return std::nullopt;
  trust::SecretBytes bytes(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digit = kDigits.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    auto& byte = bytes.data()[i / 2];
    byte = static_cast<unsigned char>(byte << 4U | digit);
  }
  return bytes;
}

// The words of a line, at most six of them.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (words.size() < 6) {
    const std::size_t space = line.find(' ');
    words.push_back(line.substr(0, space));
    if (space == std::string_view::npos) break;
    line.remove_prefix(space + 1);
  }
  return words;
}

bool add_line(Secrets& secrets, std::string_view line) {
  const auto words = words_of(line);
  if (words.size() != 4 && words.size() != 5) return false;
  const auto signer = grants::Signer::parse(words[0]);
  const auto kind = parse_kind(words[1]);
  if (!signer || !kind || !is_secret_name(words[2])) return false;
  auto value = from_hex(words[3]);
  if (!value) return false;
  Secret secret{std::move(*value), *kind};
  if (words.size() == 5) {
    const auto only_to = grants::parse_host_rule(words[4]);
    if (!only_to || *kind != Kind::hidden) return false;
    secret.only_to = *only_to;
  }
  return secrets.emplace(std::pair(signer->text(), std::string(words[2])), std::move(secret))
      .second;
}

}  // namespace

Result<Secrets> parse_secrets(std::string_view text) {
  Secrets secrets;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const bool good = end != std::string_view::npos &&
                      (number == 1 ? line == kFirstLine : add_line(secrets, line));
    if (!good)
      return fail(ErrorCode::invalid, fmt::format("line {} is not as midimon writes it", number));
    text.remove_prefix(end + 1);
  }
  return secrets;
}

std::string to_text(const Secrets& secrets) {
  std::size_t size = kFirstLine.size() + 1;
  for (const auto& [key, secret] : secrets)
    size += key.first.size() + key.second.size() + 2 * secret.value.size() + kMaxOthers;
  std::string text;
  text.reserve(size);  // so that no part of it is left behind where it grew
  text += kFirstLine;
  text += '\n';
  for (const auto& [key, secret] : secrets) {
    text += key.first;
    text += ' ';
    text += to_string(secret.kind);
    text += ' ';
    text += key.second;
    text += ' ';
    if (secret.value.size() == 0) text += '-';
    for (const unsigned char byte : secret.value.span()) {
      text += kDigits[byte >> 4U];
      text += kDigits[byte & 15U];
    }
    if (secret.only_to) text += ' ' + grants::to_string(*secret.only_to);
    text += '\n';
  }
  return text;
}

}  // namespace midimon::secrets
