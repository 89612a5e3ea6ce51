// A case of `midimon plugin test`, as cases.toml has it (docs/plugin-guide.md).
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "mapping/event_text.h"
#include "midimon/config.h"
#include "midimon/outcome.h"
#include "midimon/result.h"

namespace midimon::cli {

// One call of the plugin, and what is expected of it; what is not said does not matter.
struct TestStep {
  std::string action;  // empty: it is asked for events
  // When it is called, since the case began; none: once the call before is done, and a poll when
  // the plugin asked for it.
  std::optional<Nanos> at;
  std::string params = "{}";  // JSON
  std::optional<int> velocity;
  std::optional<int> mode;

  Outcome outcome = Outcome::ok;
  std::optional<int> code;
  std::optional<nlohmann::json> output;
  std::optional<nlohmann::json> state;            // of these members
  std::string error;                              // a part of it
  std::vector<std::string> log;                   // a part of some line, each
  std::map<std::string, std::string> files;       // by the plugin's path: what is there afterwards
  std::vector<std::string> gone;                  // by the same: what is not
  std::vector<nlohmann::json> calls;              // all that there are, in order
  std::optional<std::vector<TypedEvent>> events;  // of a poll: all that it answers, in order
  std::optional<Nanos> next;                      // of a poll: how long until the next
};

struct TestCase {
  std::string name;
  std::string settings = "{}";                 // JSON
  Nanos now{};                                 // when it begins, since 1970-01-01T00:00:00Z
  std::map<std::string, std::string> files;    // by the plugin's path: what is there before
  std::map<std::string, std::string> secrets;  // readable ones
  std::vector<CapabilityKind> deny;            // of what the plugin asks for; all else is granted
  std::vector<TestStep> steps;                 // one at least
};

// Error: all that is wrong, a line each, with its place in `file`.
Result<std::vector<TestCase>> parse_cases(std::string_view text, std::string_view file);

}  // namespace midimon::cli
