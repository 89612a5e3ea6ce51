#include "plugins/settings.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/bounded_json.h"
#include "base/text.h"

namespace midimon::plugins {
namespace {

using nlohmann::json;

// `object`.`key` if it is there and has that type; null otherwise.
const json* member(const json& object, const char* key, json::value_t type) {
  const auto found = object.find(key);
  return found != object.end() && found->type() == type ? &*found : nullptr;
}

tl::unexpected<Error> wrong(const Metadata& metadata, const std::string& what) {
  return fail(ErrorCode::invalid,
              fmt::format("The settings of {} {}. `midimon plugin info {}` says "
                          "which it has.",
                          metadata.name, what, metadata.name));
}

// The names of the settings: those that must be there are, and no others where the schema is
// closed.
Result<void> check_names(const Metadata& metadata, const json& schema, const json& settings) {
  if (const json* required = member(schema, "required", json::value_t::array)) {
    for (const json& name : *required) {
      if (!name.is_string() || settings.contains(name.get_ref<const std::string&>())) continue;
      return wrong(metadata,
                   fmt::format("lack \"{}\"", escape_line(name.get_ref<const std::string&>())));
    }
  }
  const auto others = schema.find("additionalProperties");
  if (others == schema.end() || *others != false) return {};
  const json* properties = member(schema, "properties", json::value_t::object);
  for (const auto& [name, value] : settings.items()) {
    if (properties == nullptr || !properties->contains(name)) {
      return wrong(metadata, fmt::format("have \"{}\", which it does not know", escape_line(name)));
    }
  }
  return {};
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
  const auto schema = parse_bounded_json(metadata.settings_schema_json, 64);
  if (!schema || !schema->is_object()) return {};
  return check_names(metadata, *schema, *settings);
}

}  // namespace midimon::plugins
