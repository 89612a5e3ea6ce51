#include "plugins/params_check.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/bounded_json.h"
#include "toml/problems.h"

namespace midimon::plugins {
namespace {

constexpr int kMaxDepth = 64;  // as Params has it

}  // namespace

// Null if the action has none. Schemas were checked when the plugin was loaded.
const JsonSchema* ParamsCheck::find(const std::string& action) {
  auto [known, is_new] = known_.try_emplace(action);
  if (!is_new) return known->second ? &*known->second : nullptr;
  for (const ActionInfo& info : metadata_.actions) {
    if (info.id != action || info.params_schema_json.empty()) continue;
    const auto source = parse_bounded_json(info.params_schema_json, kMaxDepth);
    auto schema = source ? JsonSchema::compile(*source)
                         : Result<JsonSchema>(fail(ErrorCode::invalid, "not JSON"));
    if (schema) known->second = std::move(*schema);
  }
  return known->second ? &*known->second : nullptr;
}

std::vector<std::string> ParamsCheck::problems(const std::string& action, std::string_view params,
                                               std::string_view when) {
  const JsonSchema* schema = find(action);
  if (schema == nullptr) return {};
  const auto value = parse_bounded_json(params, kMaxDepth);
  std::vector<std::string> found =
      value ? schema->check(*value, "params")
            : std::vector<std::string>{"params: they are too deep to be checked"};
  for (std::string& problem : found) {
    problem =
        fmt::format("{}{}, as {} of {} wants it", problem, when, in_quotes(action), metadata_.name);
  }
  return found;
}

}  // namespace midimon::plugins
