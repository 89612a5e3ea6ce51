#include "plugins/json_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "plugins/json_schema_nodes.h"
#include "toml/problems.h"

namespace midimon::plugins {
namespace {

using nlohmann::json;
using schema::Compiled;
using schema::Index;
using schema::Node;
using schema::Pattern;

constexpr int kMaxDepth = 48;
constexpr std::size_t kMaxNodes = 10'000;
constexpr std::size_t kMaxPatterns = 64;
constexpr std::size_t kMaxPatternBytes = 1024;
constexpr std::int64_t kPatternMemory = 256 * 1024;

constexpr std::array<std::string_view, 7> kTypeNames = {"null",   "boolean", "integer", "number",
                                                        "string", "array",   "object"};

// Reads a schema and keeps the first thing that is wrong with it.
class Compiler {
 public:
  Result<Compiled> compile(const json& source);

 private:
  // Where in the schema: "properties.level".
  using Where = std::string;

  void wrong(const Where& where, const std::string& what) {
    if (problem_.empty()) problem_ = where.empty() ? what : where + ": " + what;
  }
  Index add(const json& source, const Where& where, int depth);
  Node read(const json& source, const Where& where, int depth, Index index);

  void read_types(Node& node, const json& source, const Where& where);
  void read_choices(Node& node, const json& source, const Where& where);
  void read_numbers(Node& node, const json& source, const Where& where);
  void read_sizes(Node& node, const json& source, const Where& where);
  void read_items(Node& node, const json& source, const Where& where, int depth);
  void read_members(Node& node, const json& source, const Where& where, int depth);
  void read_required(Node& node, const json& source, const Where& where);
  void read_choices_of_schemas(Node& node, const json& source, const Where& where, int depth);
  void read_ref(const json& source, const Where& where, Index index);
  void read_definitions(const json& source, int depth);
  Pattern pattern(const std::string& text, const Where& where);
  std::optional<Index> one(const json& source, const char* key, const Where& where, int depth);
  std::vector<Index> list(const json& source, const char* key, const Where& where, int depth);

  static Where below(const Where& where, std::string_view key) {
    const std::string name(in_quotes(key));
    return where.empty() ? name : where + "." + name;
  }

  struct Reference {
    std::string target;
    Index from;
    Where where;
  };

  Compiled out_;
  std::map<std::string, Index, std::less<>> definitions_;  // by what $ref says
  std::vector<Reference> refs_;
  std::size_t patterns_ = 0;
  std::string problem_;
};

Result<Compiled> Compiler::compile(const json& source) {
  definitions_["#"] = add(source, "", 0);
  if (source.is_object()) read_definitions(source, 0);
  for (const Reference& ref : refs_) {
    const auto found = definitions_.find(ref.target);
    if (found == definitions_.end()) {
      wrong(ref.where, fmt::format("\"$ref\" leads to {}, which there is not; it may be \"#\" or "
                                   "\"#/$defs/NAME\"",
                                   in_quotes(ref.target)));
    } else {
      out_.nodes[ref.from].ref = found->second;
    }
  }
  if (!problem_.empty()) return fail(ErrorCode::invalid, problem_);
  return std::move(out_);
}

// The order of the nodes is that in which they are begun, so that the whole is the first.
Index Compiler::add(const json& source, const Where& where, int depth) {
  const Index index = out_.nodes.size();
  if (depth > kMaxDepth || index >= kMaxNodes) {
    wrong(where, depth > kMaxDepth ? "schemas are nested too deep" : "there are too many schemas");
    return 0;
  }
  out_.nodes.emplace_back();
  Node node = read(source, where, depth, index);
  out_.nodes[index] = std::move(node);
  return index;
}

Node Compiler::read(const json& source, const Where& where, int depth, Index index) {
  Node node;
  if (source.is_boolean()) {
    node.never = !source.get<bool>();
    return node;
  }
  if (!source.is_object()) {
    wrong(where, "a schema is an object, true or false");
    return node;
  }
  read_types(node, source, where);
  read_choices(node, source, where);
  read_numbers(node, source, where);
  read_sizes(node, source, where);
  read_items(node, source, where, depth);
  read_members(node, source, where, depth);
  read_required(node, source, where);
  read_choices_of_schemas(node, source, where, depth);
  if (const auto text = source.find("pattern"); text != source.end()) {
    if (text->is_string()) {
      node.pattern = pattern(text->get<std::string>(), where);
    } else {
      wrong(where, "\"pattern\" is not a string");
    }
  }
  read_ref(source, where, index);
  return node;
}

void Compiler::read_types(Node& node, const json& source, const Where& where) {
  const auto found = source.find("type");
  if (found == source.end()) return;
  const auto add = [&](const json& name) {
    for (std::size_t i = 0; i < kTypeNames.size(); ++i) {
      if (!name.is_string() || name.get_ref<const std::string&>() != kTypeNames[i]) continue;
      node.types |= static_cast<std::uint8_t>(1U << i);
      return;
    }
    wrong(where, fmt::format("\"type\" is not one of {}", fmt::join(kTypeNames, ", ")));
  };
  if (!found->is_array()) return add(*found);
  if (found->empty()) wrong(where, "\"type\" is an empty list");
  for (const json& name : *found)
    add(name);
}

void Compiler::read_choices(Node& node, const json& source, const Where& where) {
  if (const auto found = source.find("enum"); found != source.end()) {
    if (!found->is_array() || found->empty()) {
      wrong(where, "\"enum\" is not a list of values");
      return;
    }
    node.choices.emplace(found->begin(), found->end());
  }
  const auto found = source.find("const");
  if (found == source.end()) return;
  const bool is_choice = !node.choices || std::find(node.choices->begin(), node.choices->end(),
                                                    *found) != node.choices->end();
  node.choices.emplace();
  if (is_choice) node.choices->push_back(*found);
}

void Compiler::read_numbers(Node& node, const json& source, const Where& where) {
  const auto read = [&](const char* key, std::optional<schema::Number>& out) {
    const auto found = source.find(key);
    if (found == source.end()) return;
    if (!found->is_number()) return wrong(where, fmt::format("\"{}\" is not a number", key));
    out = found->get<schema::Number>();
  };
  read("minimum", node.minimum);
  read("maximum", node.maximum);
  read("exclusiveMinimum", node.above);
  read("exclusiveMaximum", node.below);
  read("multipleOf", node.multiple_of);
  if (node.multiple_of && !(*node.multiple_of > 0)) {
    wrong(where, "\"multipleOf\" is not above 0");
  }
}

void Compiler::read_sizes(Node& node, const json& source, const Where& where) {
  const auto read = [&](const char* key, std::optional<std::size_t>& out) {
    const auto found = source.find(key);
    if (found == source.end()) return;
    const auto number = found->is_number() ? found->get<schema::Number>() : schema::Number{-1};
    if (!(number >= 0) || std::floor(number) != number) {
      return wrong(where, fmt::format("\"{}\" is not a whole number from 0", key));
    }
    // No text and no list is as long as that.
    constexpr schema::Number kMost = 1ULL << 40U;
    out = static_cast<std::size_t>(std::min(number, kMost));
  };
  read("minLength", node.min_length);
  read("maxLength", node.max_length);
  read("minItems", node.min_items);
  read("maxItems", node.max_items);
  read("minProperties", node.min_members);
  read("maxProperties", node.max_members);
}

void Compiler::read_items(Node& node, const json& source, const Where& where, int depth) {
  node.first_items = list(source, "prefixItems", where, depth);
  if (const auto items = source.find("items"); items != source.end() && items->is_array()) {
    wrong(where, "\"items\" is a list, as it was before 2020-12; that is \"prefixItems\" now");
    return;
  }
  node.items = one(source, "items", where, depth);
  if (const auto found = source.find("uniqueItems"); found != source.end()) {
    if (!found->is_boolean()) return wrong(where, "\"uniqueItems\" is not true or false");
    node.unique = found->get<bool>();
  }
}

void Compiler::read_members(Node& node, const json& source, const Where& where, int depth) {
  const auto each = [&](const char* key, const auto& use) {
    const auto found = source.find(key);
    if (found == source.end()) return;
    if (!found->is_object()) return wrong(where, fmt::format("\"{}\" is not an object", key));
    const Where inside = where.empty() ? key : where + "." + key;
    for (const auto& [name, value] : found->items())
      use(name, add(value, below(inside, name), depth + 1));
  };
  each("properties",
       [&](const std::string& name, Index index) { node.members.emplace(name, index); });
  each("patternProperties", [&](const std::string& name, Index index) {
    if (Pattern compiled = pattern(name, where)) node.members_like.emplace_back(compiled, index);
  });
  node.other_members = one(source, "additionalProperties", where, depth);
}

void Compiler::read_required(Node& node, const json& source, const Where& where) {
  const auto found = source.find("required");
  if (found == source.end()) return;
  if (!found->is_array()) return wrong(where, "\"required\" is not a list of names");
  for (const json& name : *found) {
    if (!name.is_string()) return wrong(where, "\"required\" is not a list of names");
    node.required.push_back(name.get<std::string>());
  }
}

void Compiler::read_choices_of_schemas(Node& node, const json& source, const Where& where,
                                       int depth) {
  for (const auto& [key, out] : {std::pair("allOf", &node.all), std::pair("anyOf", &node.any),
                                 std::pair("oneOf", &node.one)}) {
    *out = list(source, key, where, depth);
    if (source.contains(key) && out->empty()) wrong(where, fmt::format("\"{}\" is empty", key));
  }
  node.none = one(source, "not", where, depth);
}

void Compiler::read_ref(const json& source, const Where& where, Index index) {
  const auto found = source.find("$ref");
  if (found == source.end()) return;
  if (!found->is_string()) return wrong(where, "\"$ref\" is not a string");
  refs_.push_back({found->get<std::string>(), index, where});
}

void Compiler::read_definitions(const json& source, int depth) {
  for (const char* key : {"$defs", "definitions"}) {
    const auto found = source.find(key);
    if (found == source.end()) continue;
    if (!found->is_object()) return wrong("", fmt::format("\"{}\" is not an object", key));
    for (const auto& [name, value] : found->items()) {
      definitions_[fmt::format("#/{}/{}", key, name)] = add(value, below(key, name), depth + 1);
    }
  }
}

Pattern Compiler::pattern(const std::string& text, const Where& where) {
  if (++patterns_ > kMaxPatterns || text.size() > kMaxPatternBytes) {
    wrong(where, fmt::format("a schema may have {} patterns of {} bytes at most", kMaxPatterns,
                             kMaxPatternBytes));
    return nullptr;
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemory);
  auto compiled = std::make_shared<const re2::RE2>(text, options);
  if (compiled->ok()) return compiled;
  wrong(where, fmt::format("the pattern {} cannot be used: {}", in_quotes(text),
                           in_quotes(compiled->error())));
  return nullptr;
}

std::optional<Index> Compiler::one(const json& source, const char* key, const Where& where,
                                   int depth) {
  const auto found = source.find(key);
  if (found == source.end()) return std::nullopt;
  return add(*found, where.empty() ? key : where + "." + key, depth + 1);
}

std::vector<Index> Compiler::list(const json& source, const char* key, const Where& where,
                                  int depth) {
  std::vector<Index> out;
  const auto found = source.find(key);
  if (found == source.end()) return out;
  if (!found->is_array()) {
    wrong(where, fmt::format("\"{}\" is not a list of schemas", key));
    return out;
  }
  for (const json& item : *found)
    out.push_back(add(item,
                      fmt::format("{}{}{}[{}]", where, where.empty() ? "" : ".", key, out.size()),
                      depth + 1));
  return out;
}

}  // namespace

Result<JsonSchema> JsonSchema::compile(const json& source) {
  auto compiled = Compiler().compile(source);
  if (!compiled) return tl::unexpected(compiled.error());
  return JsonSchema(std::make_shared<const Compiled>(std::move(*compiled)));
}

}  // namespace midimon::plugins
