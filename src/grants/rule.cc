#include "grants/rule.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace midimon::grants {
namespace {

constexpr std::size_t kMaxWord = 32;
constexpr std::size_t kMaxRule = 4096;

std::optional<PortRule> intersect(const PortRule& a, const PortRule& b) {
  if (a.out != b.out) return std::nullopt;
  auto port = intersect(a.port, b.port);
  if (!port) return std::nullopt;
  return PortRule{a.out, std::move(*port)};
}

std::optional<WordRule> intersect(const WordRule& a, const WordRule& b) {
  return a == b ? std::optional(a) : std::nullopt;
}

std::string to_string(const PortRule& rule) {
  const std::string port = to_string(rule.port, false);
  return fmt::format("{}{}", rule.out ? "out" : "in", port == "*" ? "" : ":" + port);
}

std::string to_string(const WordRule& rule) {
  return rule.word;
}

Result<Rule> parse_port_rule(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view direction = text.substr(0, colon);
  auto port = colon == std::string_view::npos ? std::optional(TextPattern{"", true})
                                              : parse_text_pattern(text.substr(colon + 1));
  if ((direction == "in" || direction == "out") && port) {
    return PortRule{direction == "out", std::move(*port)};
  }
  return fail(ErrorCode::invalid,
              fmt::format("\"{}\" names no MIDI port: write in, out, or out:NAME with a * at the "
                          "end of NAME for all that begin so.",
                          escape_line(text.substr(0, 256))));
}

Result<Rule> parse_word_rule(CapabilityKind kind, std::string_view text) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (!text.empty() && text.size() <= kMaxWord && std::all_of(text.begin(), text.end(), is_word)) {
    return WordRule{kind, std::string(text)};
  }
  return fail(
      ErrorCode::invalid,
      fmt::format("\"{}\" narrows {} to nothing: write a word of a-z, 0-9, - and _, such as "
                  "\"play\" or \"volume\".",
                  escape_line(text.substr(0, 256)), to_string(kind)));
}

template <typename T>
Result<Rule> as_rule(Result<T> rule) {
  if (!rule) return tl::unexpected(rule.error());
  return Rule(std::move(*rule));
}

}  // namespace

CapabilityKind kind_of(const Rule& rule) {
  switch (rule.index()) {
    case 0:
      return CapabilityKind::filesystem;
    case 1:
      return CapabilityKind::network;
    case 2:
      return CapabilityKind::subprocess;
    case 3:
      return CapabilityKind::midi;
    default:
      return std::get<WordRule>(rule).kind;
  }
}

std::optional<Rule> intersect(const Rule& a, const Rule& b) {
  return std::visit(
      [&](const auto& one) -> std::optional<Rule> {
        const auto* other = std::get_if<std::decay_t<decltype(one)>>(&b);
        if (other == nullptr) return std::nullopt;
        auto both = intersect(one, *other);
        if (!both) return std::nullopt;
        return Rule(std::move(*both));
      },
      a);
}

bool includes(const Rule& outer, const Rule& inner) {
  return intersect(outer, inner) == inner;
}

Result<Rule> parse_rule(CapabilityKind kind, std::string_view text) {
  if (text.size() > kMaxRule) {
    return fail(ErrorCode::limit,
                fmt::format("What {} is narrowed to is longer than 4 KiB.", to_string(kind)));
  }
  switch (kind) {
    case CapabilityKind::filesystem:
      return as_rule(parse_file_rule(text));
    case CapabilityKind::network:
      return as_rule(parse_host_rule(text));
    case CapabilityKind::subprocess:
      return as_rule(parse_command_rule(text));
    case CapabilityKind::midi:
      return parse_port_rule(text);
    default:
      return parse_word_rule(kind, text);
  }
}

std::string to_string(const Rule& rule) {
  return std::visit([](const auto& one) { return to_string(one); }, rule);
}

std::string to_grant(const Rule& rule) {
  if (rule == Rule(FileRule())) return std::string(to_string(CapabilityKind::filesystem));
  return fmt::format("{}:{}", to_string(kind_of(rule)), to_string(rule));
}

}  // namespace midimon::grants
