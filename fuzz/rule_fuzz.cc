// parse_rule, origin_of and intersect: the first line of the input names a kind, each further one
// is narrowed to. What two rules have in common is never more than either, and every rule is read
// as it is written.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/check.h"
#include "grants/permissions.h"

namespace midimon::grants {
namespace {

using fuzz::check;

void check_rule(const Rule& rule) {
  const std::string text = to_string(rule);
  check(fuzz::is_safe_to_show(text), "a rule can be shown");
  const auto again = parse_rule(kind_of(rule), text);
  check(again && *again == rule, "a rule is read as it is written");
  check(includes(rule, rule), "a rule allows itself");
}

void check_pair(const Rule& a, const Rule& b) {
  const auto both = intersect(a, b);
  check(both == intersect(b, a), "neither side comes first");
  if (!both) return;
  check_rule(*both);
  check(includes(a, *both) && includes(b, *both), "what both allow is no more than either");
}

void check_origin(std::string_view url) {
  const auto origin = origin_of(url);
  if (!origin) {
    check(fuzz::is_safe_to_show(origin.error().message), "a problem can be shown");
    return;
  }
  check(origin->is_exact(), "an address leads to one host and one port");
  check_rule(*origin);
}

void run(std::string_view input) {
  constexpr std::size_t kMostRules = 32;
  const auto next_line = [&input] {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(input.size(), line.size() + 1));
    return line;
  };
  const auto capability = parse_capability(next_line());
  std::vector<Rule> rules;
  while (!input.empty() && rules.size() < kMostRules) {
    const std::string_view line = next_line();
    check_origin(line);
    if (!capability) continue;
    auto rule = parse_rule(capability->kind, line);
    if (rule) {
      check_rule(*rule);
      rules.push_back(std::move(*rule));
    } else {
      check(fuzz::is_safe_to_show(rule.error().message), "a problem can be shown");
    }
  }
  for (const Rule& a : rules) {
    for (const Rule& b : rules)
      check_pair(a, b);
  }
}

}  // namespace
}  // namespace midimon::grants

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  midimon::grants::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
