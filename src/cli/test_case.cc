#include "cli/test_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <utility>

#include "audit/rfc3339.h"
#include "cli/test_call.h"
#include "mapping/json_toml.h"
#include "plugins/polled_events.h"
#include "toml/toml_table.h"

namespace midimon::cli {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr std::int64_t kMostModes = 1'000'000;
constexpr milliseconds kLongestCase = std::chrono::hours(24 * 366);
// 2026-01-01T00:00:00Z: every run has the same time.
constexpr Nanos kBegin = std::chrono::seconds(1'767'225'600);
constexpr Nanos kLatestBegin = std::chrono::hours(24 * 365 * 230);  // 1970 and so long: about 2199

// What one call of a plugin is made of; a case without steps has them itself.
constexpr std::array<std::string_view, 7> kStepKeys = {"action",   "poll", "at_ms", "params",
                                                       "velocity", "mode", "expect"};

json object_of(TomlTable& table, std::string_view key) {
  const auto text = read_json_object(table, key);
  return text ? json::parse(*text, nullptr, false) : json::object();
}

std::map<std::string, std::string> texts_of(TomlTable& table, std::string_view key) {
  std::map<std::string, std::string> texts;
  const json object = object_of(table, key);
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) {
      texts[name] = value.get<std::string>();
    } else {
      table.add_problem(table.pos(key), std::string(key) + " holds names and strings");
    }
  }
  return texts;
}

// Whether it says where a file is, as a plugin sees it.
bool is_file_path(std::string_view path) {
  if (!path.starts_with("/") || path.ends_with("/") || path.size() == 1) return false;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view name = path.substr(at + 1, end - at - 1);
    if (name.empty() || name == "." || name == "..") return false;
    at = end;
  }
  return path.find('\0') == path.npos;
}

constexpr std::string_view kNoPath =
    "is no path of a file as the plugin has it, such as \"/count\": it begins with / and has no . "
    "and no .. in it";

std::optional<Outcome> parse_outcome(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(Outcome::failed); ++i) {
    if (to_string(static_cast<Outcome>(i)) == name) return static_cast<Outcome>(i);
  }
  return std::nullopt;
}

// Members of `expect`, each read once.
class Expectations {
 public:
  explicit Expectations(TomlTable& table) : members_(object_of(table, "expect")), table_(table) {}

  void read(TestStep& step) {
    if (const auto outcome = text("outcome")) {
      const auto known = parse_outcome(*outcome);
      if (known) step.outcome = *known;
      if (!known) {
        wrong("outcome",
              "is none: it is Ok, PluginError, OutOfFuel, DeadlineExceeded, "
              "OutOfMemory, Trapped, Denied or Cancelled");
      }
    }
    step.error = text("error").value_or("");
    if (const auto code = number("code")) step.code = *code;
    step.state = take("state");
    if (step.state && !step.state->is_object()) wrong("state", "is no table");
    const auto lines = list("log").value_or(std::vector<json>());
    for (const json& line : lines) {
      if (line.is_string()) step.log.push_back(line.get<std::string>());
      if (!line.is_string()) wrong("log", "holds what is no string");
    }
    read_files(step);
    step.calls = list("calls").value_or(std::vector<json>());
    for (const json& call : step.calls) {
      if (const auto flaw = flaw_of_call(call)) wrong("calls", *flaw);
    }
    if (step.action.empty()) {
      read_events(step);
      refuse("output", "belongs to an action: a poll has expect.events");
    } else {
      step.output = take("output");
      refuse("events", "belongs to a poll: an action has expect.output");
      refuse("next_ms", "belongs to a poll");
    }
    for (const auto& [key, value] : members_.items())
      wrong(key, "is not known");
  }

 private:
  std::optional<json> take(const char* key) {
    const auto found = members_.find(key);
    if (found == members_.end()) return std::nullopt;
    json value = std::move(*found);
    members_.erase(found);
    return value;
  }
  std::optional<std::string> text(const char* key) {
    const auto value = take(key);
    if (!value) return std::nullopt;
    if (value->is_string()) return value->get<std::string>();
    wrong(key, "is no string");
    return std::nullopt;
  }
  std::optional<int> number(const char* key) {
    const auto value = take(key);
    if (!value) return std::nullopt;
    if (value->is_number_integer()) {
      const auto found = value->get<std::int64_t>();
      if (found >= INT32_MIN && found <= INT32_MAX) return static_cast<int>(found);
    }
    wrong(key, "is no whole number");
    return std::nullopt;
  }
  std::optional<std::vector<json>> list(const char* key) {
    const auto value = take(key);
    if (!value) return std::nullopt;
    if (value->is_array()) return std::vector<json>(value->begin(), value->end());
    wrong(key, "is no list");
    return std::nullopt;
  }
  void read_files(TestStep& step) {
    const auto files = take("files");
    if (!files) return;
    if (!files->is_object()) return wrong("files", "is no table");
    for (const auto& [path, contents] : files->items()) {
      if (!is_file_path(path)) {
        wrong("files", fmt::format("has {}, which {}", in_quotes(path), kNoPath));
      } else if (contents.is_string()) {
        step.files[path] = contents.get<std::string>();
      } else if (contents == false) {
        step.gone.push_back(path);
      } else {
        wrong("files",
              fmt::format("says of {} neither what is in it nor false, for gone", in_quotes(path)));
      }
    }
  }
  void read_events(TestStep& step) {
    if (const auto events = list("events")) {
      step.events.emplace();
      for (const json& event : *events) {
        auto parsed = event.is_string() ? parse_event(event.get_ref<const std::string&>())
                                        : Result<TypedEvent>(fail(ErrorCode::invalid, "no string"));
        if (parsed) step.events->push_back(std::move(*parsed));
        if (!parsed) {
          wrong("events",
                "holds what is no event, such as \"press C2 100\": " + parsed.error().message);
        }
      }
    }
    if (const auto next = number("next_ms")) step.next = milliseconds(*next);
  }
  void refuse(const char* key, const std::string& why) {
    if (take(key)) wrong(key, why);
  }
  void wrong(const std::string& key, const std::string& what) {
    table_.add_problem(table_.pos("expect"), "expect." + key + " " + what);
  }

  json members_;
  TomlTable& table_;
};

TestStep read_step(TomlTable& table) {
  TestStep step;
  const bool polls = table.boolean("poll").value_or(false);
  if (polls) {
    // What is said of the press would go nowhere.
    for (const std::string_view key : {"action", "params", "velocity", "mode"}) {
      if (!table.has(key)) continue;
      table.find(key, Need::optional, "");
      table.add_problem(table.pos(key),
                        fmt::format("\"{}\" is of an action, and poll = true calls none", key));
    }
  } else {
    step.action = table.string("action", Need::required, "which one is called (or poll = true)")
                      .value_or("?");
    step.params = read_json_object(table, "params").value_or("{}");
    if (const auto velocity = table.integer("velocity", 0, 127, Need::optional)) {
      step.velocity = static_cast<int>(*velocity);
    }
    if (const auto mode = table.integer("mode", 0, kMostModes, Need::optional)) {
      step.mode = static_cast<int>(*mode);
    }
  }
  if (const auto at = table.integer("at_ms", 0, kLongestCase.count(), Need::optional)) {
    step.at = milliseconds(*at);
  }
  Expectations(table).read(step);
  return step;
}

std::vector<TestStep> read_steps(TomlTable& table, Problems& problems) {
  if (!table.has("step")) return {read_step(table)};
  for (const std::string_view key : kStepKeys) {
    if (!table.has(key)) continue;
    table.find(key, Need::optional, "");
    table.add_problem(
        table.pos(key),
        fmt::format("\"{}\" belongs into a [[case.step]], as this case has such", key));
  }
  std::vector<TestStep> steps;
  Nanos latest{};
  for (const toml::table* one : table.tables("step")) {
    TomlTable inner(*one, "a [[case.step]]", problems);
    steps.push_back(read_step(inner));
    inner.refuse_other_keys();
    const Nanos at = steps.back().at.value_or(latest);
    if (at < latest) {
      inner.add_problem(inner.pos("at_ms"),
                        "\"at_ms\" is before that of a step before: time does "
                        "not go back");
    }
    latest = std::max(latest, at);
  }
  if (steps.empty()) table.add_problem(table.pos("step"), "there is no [[case.step]]");
  return steps;
}

TestCase read_case(TomlTable& table, Problems& problems) {
  TestCase test;
  test.name = table.string("name", Need::required).value_or("");
  test.settings = read_json_object(table, "settings").value_or("{}");
  test.now = kBegin;
  if (const auto now = table.string("now", Need::optional)) {
    const auto time = audit::parse_time(*now);
    if (time && *time <= kLatestBegin) {
      test.now = *time;
    } else {
      table.add_problem(
          table.pos("now"),
          fmt::format("{} is no time such as \"2026-01-01T09:30:00Z\"", in_quotes(*now)));
    }
  }
  test.files = texts_of(table, "files");
  for (const auto& [path, contents] : test.files) {
    if (is_file_path(path)) continue;
    table.add_problem(table.pos("files"), fmt::format("{} {}", in_quotes(path), kNoPath));
  }
  test.secrets = texts_of(table, "secrets");
  if (const toml::array* const deny = table.array("deny", Need::optional)) {
    for (const toml::node& item : *deny) {
      const auto kind = parse_capability(item.value<std::string>().value_or(""));
      if (kind) test.deny.push_back(kind->kind);
      if (!kind) table.add_problem(pos_of(item), kind.error().message);
    }
  }
  test.steps = read_steps(table, problems);
  table.refuse_other_keys();
  return test;
}

}  // namespace

Result<std::vector<TestCase>> parse_cases(std::string_view text, std::string_view file) {
  Problems problems;
  std::vector<TestCase> cases;
  if (const auto toml = parse_toml(text, problems)) {
    TomlTable table(*toml, "the file", problems);
    for (const toml::table* one : table.tables("case")) {
      TomlTable inner(*one, "a [[case]]", problems);
      cases.push_back(read_case(inner, problems));
    }
    table.refuse_other_keys();
    if (cases.empty() && problems.empty()) table.add_problem(table.pos(), "there is no [[case]]");
  }
  if (!problems.empty()) return fail(ErrorCode::invalid, problems.lines(file));
  return cases;
}

}  // namespace midimon::cli
