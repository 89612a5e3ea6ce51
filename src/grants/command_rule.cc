#include "grants/command_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "grants/file_rule.h"

namespace midimon::grants {
namespace {

constexpr std::size_t kMaxArgs = 64;

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(ErrorCode::invalid,
              fmt::format("\"{}\" names no command: {}. Write the path of a program and its "
                          "arguments, as in \"/usr/bin/playerctl next\"; * stands for any argument "
                          "and ... for any number of them.",
                          escape_line(text.substr(0, 256)), why));
}

// What the rule says of the argument `index`: a pattern, or any if it takes more than it names.
std::optional<TextPattern> argument(const CommandRule& rule, std::size_t index) {
  if (index < rule.args.size()) return rule.args[index];
  if (rule.more) return TextPattern{"", true};
  return std::nullopt;
}

}  // namespace

std::optional<CommandRule> intersect(const CommandRule& a, const CommandRule& b) {
  if (a.path != b.path) return std::nullopt;
  CommandRule both{a.path, {}, a.more && b.more};
  for (std::size_t i = 0; i < std::max(a.args.size(), b.args.size()); ++i) {
    const auto in_a = argument(a, i);
    const auto in_b = argument(b, i);
    auto arg = in_a && in_b ? intersect(*in_a, *in_b) : std::nullopt;
    if (!arg) return std::nullopt;
    both.args.push_back(std::move(*arg));
  }
  return both;
}

Result<CommandRule> parse_command_rule(std::string_view text) {
  std::vector<std::string_view> words = split_words(text);
  CommandRule rule;
  const auto path = parse_text_pattern(words.front());
  if (!path || path->prefix || !is_plain_path(path->text) || path->text == "/") {
    return refuse(text, "the program must be an absolute path without . and ..");
  }
  rule.path = path->text;
  words.erase(words.begin());
  if (!words.empty() && words.back() == "...") {
    rule.more = true;
    words.pop_back();
  }
  if (words.size() > kMaxArgs) return refuse(text, "it has more than 64 arguments");
  for (const std::string_view word : words) {
    auto arg = word == "..." ? std::nullopt : parse_text_pattern(word);
    if (!arg) {
      return refuse(text,
                    "an argument is empty, has a * or ... that is not at the end, or holds what "
                    "cannot be shown");
    }
    rule.args.push_back(std::move(*arg));
  }
  return rule;
}

std::string to_string(const CommandRule& rule) {
  std::string out = to_string(TextPattern{rule.path, false});
  for (const TextPattern& arg : rule.args)
    out += " " + to_string(arg);
  if (rule.more) out += " ...";
  return out;
}

}  // namespace midimon::grants
