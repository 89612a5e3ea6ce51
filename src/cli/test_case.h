// A case of `midimon plugin test`, as cases.toml has it (docs/plugin-guide.md).
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "midimon/config.h"
#include "midimon/result.h"

namespace midimon::cli {

struct TestCase {
  std::string name;
  std::string action;
  std::string params = "{}";    // JSON
  std::string settings = "{}";  // JSON
  std::optional<int> velocity;
  std::optional<int> mode;
  std::map<std::string, std::string> files;    // by the plugin's path: what is there before
  std::map<std::string, std::string> secrets;  // readable ones
  std::vector<CapabilityKind> deny;            // of what the plugin asks for; all else is granted

  // What is expected; what is not said does not matter.
  std::string outcome = "Ok";
  std::optional<int> code;
  std::optional<nlohmann::json> output;
  std::optional<nlohmann::json> state;                    // of these members
  std::string error;                                      // a part of it
  std::vector<std::string> log;                           // a part of some line, each
  nlohmann::json files_after = nlohmann::json::object();  // path: contents, or false for gone
  std::vector<nlohmann::json> calls;                      // all that there are, in order
};

// Error: all that is wrong, a line each, with its place in `file`.
Result<std::vector<TestCase>> parse_cases(std::string_view text, std::string_view file);

}  // namespace midimon::cli
