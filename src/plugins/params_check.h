// The ParamsCheck class says whether an action of a plugin can be given what a person set for it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "midimon/metadata.h"
#include "plugins/json_schema.h"

namespace midimon::plugins {

// Not thread-safe; reads each schema once.
class ParamsCheck {
 public:
  // `metadata` outlives this; it is that of a plugin that was loaded.
  explicit ParamsCheck(const Metadata& metadata) : metadata_(metadata) {}

  // What is wrong with `params`, a JSON object, a sentence for each thing; none if they fit, or if
  // the action has no schema: "params.level: 7 is more than 5, as "dim" of lights wants it". `when`
  // follows what is wrong: ", with {velocity} = 127".
  [[nodiscard]] std::vector<std::string> problems(const std::string& action,
                                                  std::string_view params,
                                                  std::string_view when = "");

 private:
  const JsonSchema* find(const std::string& action);

  const Metadata& metadata_;
  std::map<std::string, std::optional<JsonSchema>, std::less<>> known_;
};

}  // namespace midimon::plugins
