// The JsonSchema class checks a JSON value against a schema that a plugin gives for its params.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "midimon/result.h"

namespace midimon::plugins {

namespace schema {
struct Compiled;
}  // namespace schema

// Of JSON Schema 2020-12: type, enum, const, the bounds of numbers, texts, lists and objects,
// multipleOf, pattern, properties, patternProperties, additionalProperties, required, prefixItems,
// items, uniqueItems, allOf, anyOf, oneOf, not, and $ref to "#" and "#/$defs/NAME". What else a
// schema says is ignored, format and default included. A length counts characters.
//
// A pattern is one of RE2, which takes linear time: no look-around and no back references.
//
// The schema is a stranger's: its size, depth and patterns are bounded, and so is the work that a
// check may be, whatever the schema refers to. A value that is shared between threads as it likes.
class JsonSchema {
 public:
  // Fails with `invalid` and what is wrong, beginning with where in the schema: "properties.level:
  // \"minimum\" is not a number".
  static Result<JsonSchema> compile(const nlohmann::json& source);

  // What is wrong with `value`, which a person knows as `name`: a sentence for each thing,
  // 'params.scene: "Lvie" is not one of "Live", "Break" (did you mean "Live"?)'. None if it fits;
  // 16 at most. A value that takes too much work to check does not fit.
  [[nodiscard]] std::vector<std::string> check(const nlohmann::json& value,
                                               std::string_view name) const;

 private:
  explicit JsonSchema(std::shared_ptr<const schema::Compiled> compiled)
      : compiled_(std::move(compiled)) {}

  std::shared_ptr<const schema::Compiled> compiled_;
};

}  // namespace midimon::plugins
