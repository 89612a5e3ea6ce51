#include "mapping/profile_schema.h"

#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <utility>

#include "mapping/profile_keys.h"

namespace midimon {
namespace {

using Json = nlohmann::ordered_json;

// What stands in [curves], as its reader wants it.
constexpr int kMinPoints = 2;
constexpr int kMaxPoints = 128;

Json ref(std::string_view name) {
  return {{"$ref", "#/$defs/" + std::string(name)}};
}

Json list_of(Json items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}

Json any_of(Json first, Json second) {
  return {{"anyOf", Json::array({std::move(first), std::move(second)})}};
}

Json words(const Key& key) {
  Json out = Json::array();
  for (const std::string_view word : key.words)
    out.push_back(word);
  return {{"enum", std::move(out)}};
}

Json number(std::string_view type, const Key& key) {
  Json out = {{"type", type}, {"minimum", key.min}};
  if (key.max != 0) out["maximum"] = key.max;
  return out;
}

Json object_of(std::span<const Key> keys);

Json schema_of(const Key& key) {
  switch (key.kind) {
    case KeyKind::boolean:
      return {{"type", "boolean"}};
    case KeyKind::integer:
      return number("integer", key);
    case KeyKind::number_or_value:
      return any_of(number("number", key), ref("value_of_event"));
    case KeyKind::line:
      return ref("line");
    case KeyKind::text:
      return {{"type", "string"}, {"minLength", 1}};
    case KeyKind::word:
      return words(key);
    case KeyKind::spelled_word:
      return any_of(words(key), {{"type", "string"}, {"pattern", "^[A-Za-z_-]+$"}});
    case KeyKind::words:
      return list_of(words(key));
    case KeyKind::channels:
      return list_of({{"type", "integer"}, {"minimum", 1}, {"maximum", 16}});
    case KeyKind::strings:
      return list_of({{"type", "string"}});
    case KeyKind::note:
      return ref("note");
    case KeyKind::notes:
      return {{"type", "array"},
              {"items", ref("note")},
              {"minItems", 2},
              {"maxItems", 16},
              {"uniqueItems", true}};
    case KeyKind::note_or_value:
      return any_of(ref("note"), ref("value_of_event"));
    case KeyKind::keys:
      return any_of(ref("chord"), list_of(ref("chord")));
    case KeyKind::mode:
      return any_of(ref("line"), {{"type", "integer"}, {"minimum", 0}});
    case KeyKind::days:
      return list_of(any_of({{"type", "integer"}, {"minimum", 1}, {"maximum", 7}}, ref("line")));
    case KeyKind::time_of_day:
      return {{"type", "string"}, {"pattern", "^[0-9]{1,2}:[0-9]{1,2}$"}};
    case KeyKind::size:
      return ref("size");
    case KeyKind::duration:
      return ref("duration");
    case KeyKind::ceiling:
      return any_of({{"type", "boolean"}},
                    {{"type", "array"}, {"items", ref("line")}, {"minItems", 1}});
    case KeyKind::params:
      return {{"type", "object"}};
    case KeyKind::curves:
      return {{"type", "object"},
              {"additionalProperties",
               {{"type", "array"},
                {"items", {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}},
                {"minItems", kMinPoints},
                {"maxItems", kMaxPoints}}}};
    case KeyKind::plugins:
      return {{"type", "object"}, {"additionalProperties", object_of(plugin_keys())}};
    case KeyKind::trigger:
      return ref("trigger");
    case KeyKind::condition:
      return ref("condition");
    case KeyKind::conditions:
      return list_of(ref("condition"));
    case KeyKind::action:
      return ref("action");
    case KeyKind::actions:
      return list_of(ref("action"));
    case KeyKind::table:
      return object_of(key.inner);
    case KeyKind::tables:
      return list_of(object_of(key.inner));
  }
  return true;
}

void add_keys(Json& out, std::span<const Key> keys) {
  for (const Key& key : keys) {
    Json schema = schema_of(key);
    if (!key.about.empty()) schema["description"] = key.about;
    out["properties"][std::string(key.name)] = std::move(schema);
    if (key.required) out["required"].push_back(key.name);
  }
}

Json object_of(std::span<const Key> keys) {
  Json out = {{"type", "object"}, {"additionalProperties", false}};
  add_keys(out, keys);
  return out;
}

// One of several types, told apart by "type".
Json one_of(std::span<const TypeKeys> types) {
  Json all = Json::array();
  for (const TypeKeys& type : types) {
    Json one = {{"type", "object"},
                {"title", type.type},
                {"description", type.about},
                {"additionalProperties", false},
                {"properties", {{"type", {{"const", type.type}}}}},
                {"required", Json::array({"type"})}};
    add_keys(one, type.keys);
    all.push_back(std::move(one));
  }
  return {{"oneOf", std::move(all)}};
}

}  // namespace

std::string profile_schema() {
  Json out = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "midimon profile"},
              {"description", "What each event of a MIDI controller does."}};
  out.update(object_of(profile_keys()));
  Json& defs = out["$defs"];
  Json triggers = one_of(trigger_tables());
  triggers["oneOf"].push_back(
      {{"type", "object"},
       {"title", "Gamepad"},
       {"description", "Not supported: its mapping is left out"},
       {"properties", {{"type", {{"type", "string"}, {"pattern", "^Gamepad"}}}}},
       {"required", Json::array({"type"})}});
  defs["trigger"] = std::move(triggers);
  defs["condition"] = one_of(condition_tables());
  defs["action"] = one_of(action_tables());
  defs["line"] = {{"type", "string"}, {"minLength", 1}};
  defs["note"] = any_of({{"type", "integer"}, {"minimum", 0}, {"maximum", 127}},
                        {{"type", "string"}, {"pattern", "^[A-Ga-g][#b]*-?[0-9]+$"}});
  defs["value_of_event"] = {
      {"type", "string"},
      {"pattern", "^\\{(velocity|value|note|channel|steps)(:.*)?\\}$"},
      {"description", "A value of the event: \"{velocity}\", \"{value:0..100:s-curve}\""}};
  defs["chord"] = {
      {"type", "string"},
      {"minLength", 1},
      {"description", "A key with modifiers: \"a\", \"ctrl+shift+s\", \"play_pause\""}};
  defs["size"] = any_of({{"type", "integer"}, {"minimum", 0}},
                        {{"type", "string"}, {"pattern", "^[0-9]+ ?([kMGT]B|[KMGT]iB|B)?$"}});
  defs["duration"] = any_of({{"type", "integer"}, {"minimum", 1}},
                            {{"type", "string"}, {"pattern", "^[0-9]+ ?(ns|us|ms|s|m|h)$"}});
  return out.dump(2) + "\n";
}

}  // namespace midimon
