#include "plugins/settings.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/bounded_json.h"
#include "plugins/json_schema.h"

namespace midimon::plugins {
namespace {

constexpr int kMaxSchemaDepth = 64;

tl::unexpected<Error> wrong(const Metadata& metadata, const std::string& what) {
  return fail(ErrorCode::invalid,
              fmt::format("The settings of {} {}. `midimon plugin info {}` says "
                          "which it has.",
                          metadata.name, what, metadata.name));
}

}  // namespace

Result<void> check_settings(const Metadata& metadata, std::string_view text) {
  const auto settings =
      text.size() > kMaxSettingsBytes ? std::nullopt : parse_bounded_json(text, kMaxSettingsDepth);
  if (!settings || !settings->is_object()) {
    return wrong(metadata, "are no JSON object of at most 64 KiB that is at most 32 deep");
  }
  if (metadata.settings_schema_json.empty()) {
    return settings->empty() ? Result<void>() : wrong(metadata, "are not empty, and it has none");
  }
  const auto source = parse_bounded_json(metadata.settings_schema_json, kMaxSchemaDepth);
  const auto schema =
      source ? JsonSchema::compile(*source) : fail(ErrorCode::invalid, "it is nested too deep");
  if (!schema) return wrong(metadata, "have a schema that is none: " + schema.error().message);
  const std::vector<std::string> problems = schema->check(*settings, "settings");
  if (problems.empty()) return {};
  return wrong(metadata, fmt::format("do not fit: {}", fmt::join(problems, "; ")));
}

}  // namespace midimon::plugins
