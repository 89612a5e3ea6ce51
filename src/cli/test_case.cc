#include "cli/test_case.h"

#include <utility>

#include "mapping/json_toml.h"
#include "toml/toml_table.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

constexpr std::int64_t kMostModes = 1'000'000;

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
      table.add_problem(table.pos(), std::string(key) + " holds names and strings");
    }
  }
  return texts;
}

// Members of `expect`, each read once.
class Expectations {
 public:
  Expectations(json members, TomlTable& table) : members_(std::move(members)), table_(table) {}

  std::optional<json> take(const char* key) {
    const auto found = members_.find(key);
    if (found == members_.end()) return std::nullopt;
    json value = std::move(*found);
    members_.erase(found);
    return value;
  }
  std::string text(const char* key, std::string fallback) {
    const auto value = take(key);
    if (!value) return fallback;
    if (value->is_string()) return value->get<std::string>();
    wrong(key, "is no string");
    return fallback;
  }
  std::vector<json> list(const char* key) {
    const auto value = take(key);
    if (!value) return {};
    if (value->is_array()) return {value->begin(), value->end()};
    wrong(key, "is no list");
    return {};
  }
  void wrong(const std::string& key, const std::string& what) {
    table_.add_problem(table_.pos(), "expect." + key + " " + what);
  }
  void refuse_others() {
    for (const auto& [key, value] : members_.items())
      wrong(key, "is not known");
  }

 private:
  json members_;
  TomlTable& table_;
};

void read_expectations(TomlTable& table, TestCase& test) {
  Expectations expect(object_of(table, "expect"), table);
  test.outcome = expect.text("outcome", test.outcome);
  test.error = expect.text("error", "");
  if (const auto code = expect.take("code")) {
    if (code->is_number_integer()) test.code = code->get<int>();
    if (!code->is_number_integer()) expect.wrong("code", "is no whole number");
  }
  test.output = expect.take("output");
  test.state = expect.take("state");
  for (const json& line : expect.list("log")) {
    if (line.is_string()) test.log.push_back(line.get<std::string>());
    if (!line.is_string()) expect.wrong("log", "holds what is no string");
  }
  if (auto files = expect.take("files")) {
    if (files->is_object()) test.files_after = std::move(*files);
    if (!test.files_after.is_object()) expect.wrong("files", "is no table");
  }
  for (json& call : expect.list("calls")) {
    if (!call.is_object() || !call.contains("call")) {
      expect.wrong("calls", "holds tables with a \"call\"");
    }
    test.calls.push_back(std::move(call));
  }
  expect.refuse_others();
}

TestCase read_case(TomlTable& table) {
  TestCase test;
  test.name = table.string("name", Need::required).value_or("");
  test.action = table.string("action", Need::required).value_or("");
  test.params = read_json_object(table, "params").value_or("{}");
  test.settings = read_json_object(table, "settings").value_or("{}");
  if (const auto velocity = table.integer("velocity", 0, 127, Need::optional)) {
    test.velocity = static_cast<int>(*velocity);
  }
  if (const auto mode = table.integer("mode", 0, kMostModes, Need::optional)) {
    test.mode = static_cast<int>(*mode);
  }
  test.files = texts_of(table, "files");
  test.secrets = texts_of(table, "secrets");
  if (const toml::array* const deny = table.array("deny", Need::optional)) {
    for (const toml::node& item : *deny) {
      const auto kind = parse_capability(item.value<std::string>().value_or(""));
      if (kind) test.deny.push_back(kind->kind);
      if (!kind) table.add_problem(pos_of(item), kind.error().message);
    }
  }
  read_expectations(table, test);
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
      cases.push_back(read_case(inner));
    }
    table.refuse_other_keys();
    if (cases.empty() && problems.empty()) table.add_problem(table.pos(), "there is no [[case]]");
  }
  if (!problems.empty()) return fail(ErrorCode::invalid, problems.lines(file));
  return cases;
}

}  // namespace midimon::cli
