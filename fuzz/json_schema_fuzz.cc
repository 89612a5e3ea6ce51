// plugins::JsonSchema: a stranger's schema (the first line) and a value (the second), both as JSON.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bounded_json.h"
#include "fuzz/check.h"
#include "plugins/json_schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon;  // NOLINT(google-build-using-namespace)
  constexpr int kMaxDepth = 32;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find('\n');
  const auto source = parse_bounded_json(text.substr(0, end), kMaxDepth);
  if (!source) return 0;
  const auto schema = plugins::JsonSchema::compile(*source);
  if (!schema) {
    fuzz::check(!schema.error().message.empty(), "an error says something");
    fuzz::check(fuzz::is_safe_to_show(schema.error().message), "an error can be shown");
    return 0;
  }
  const auto given = end == std::string_view::npos
                         ? std::nullopt
                         : parse_bounded_json(text.substr(end + 1), kMaxDepth);
  // A schema is a value as well, and a richer one than most.
  const auto problems = schema->check(given ? *given : *source, "params");
  fuzz::check(problems.size() <= 16, "not too much is said");
  for (const std::string& problem : problems) {
    fuzz::check(problem.starts_with("params"), "each says where");
    fuzz::check(problem.size() < 2048, "each is of a length to be read");
    fuzz::check(fuzz::is_safe_to_show(problem), "each can be shown");
  }
  fuzz::check(schema->check(given ? *given : *source, "params") == problems, "it says so again");
  return 0;
}
