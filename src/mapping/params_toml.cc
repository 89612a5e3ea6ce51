#include "mapping/params_toml.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>

#include "base/text.h"

namespace midimon {
namespace {

constexpr int kMaxParamsDepth = 32;

// Writes TOML as JSON. Dates and times become strings in RFC 3339, as TOML writes them.
class ParamsWriter {
 public:
  ParamsWriter(TomlTable& table, const Curves& curves) : table_(table), curves_(curves) {}

  void write(const toml::node& node, int depth);
  [[nodiscard]] ParamsTemplate take() { return std::move(params_); }

 private:
  void members(const toml::table& table, int depth);
  void elements(const toml::array& array, int depth);
  void text(const toml::node& node, const std::string& text);
  void number(const toml::node& node, double number);

  TomlTable& table_;
  const Curves& curves_;
  ParamsTemplate params_;
};

void ParamsWriter::write(const toml::node& node, int depth) {
  if (depth > kMaxParamsDepth) {
    table_.add_problem(pos_of(node),
                       fmt::format("params may be {} values deep, not deeper", kMaxParamsDepth));
    return;
  }
  if (const auto* table = node.as_table()) {
    members(*table, depth);
  } else if (const auto* array = node.as_array()) {
    elements(*array, depth);
  } else if (const auto* string = node.as_string()) {
    text(node, string->get());
  } else if (const auto* integer = node.as_integer()) {
    params_.add_json(std::to_string(integer->get()));
  } else if (const auto* boolean = node.as_boolean()) {
    params_.add_json(boolean->get() ? "true" : "false");
  } else if (const auto* floating = node.as_floating_point()) {
    number(node, floating->get());
  } else {
    std::ostringstream time;
    node.visit([&time](const auto& value) { time << value; });
    params_.add_json(json_quote(time.str()));
  }
}

void ParamsWriter::members(const toml::table& table, int depth) {
  params_.add_json("{");
  bool first = true;
  for (const auto& [key, value] : table) {
    if (!first) params_.add_json(",");
    first = false;
    params_.add_json(json_quote(key.str()));
    params_.add_json(":");
    write(value, depth + 1);
  }
  params_.add_json("}");
}

void ParamsWriter::elements(const toml::array& array, int depth) {
  params_.add_json("[");
  bool first = true;
  for (const toml::node& value : array) {
    if (!first) params_.add_json(",");
    first = false;
    write(value, depth + 1);
  }
  params_.add_json("]");
}

void ParamsWriter::text(const toml::node& node, const std::string& text) {
  if (const auto parsed = TextTemplate::parse(text, curves_)) {
    params_.add_text(*parsed);
  } else {
    table_.add_problem(pos_of(node), parsed.error().message);
  }
}

void ParamsWriter::number(const toml::node& node, double number) {
  if (std::isfinite(number)) {
    params_.add_json(nlohmann::json(number).dump());
  } else {
    table_.add_problem(pos_of(node), "params become JSON, which has no infinity and no \"nan\"");
  }
}

}  // namespace

std::optional<ParamsTemplate> read_params(TomlTable& table, const Curves& curves) {
  const toml::node* node = table.find("params", Need::optional, "a table");
  if (node == nullptr) {
    ParamsTemplate empty;
    empty.add_json("{}");
    return empty;
  }
  if (!node->is_table()) {
    table.refuse("params", *node, "a table");
    return std::nullopt;
  }
  ParamsWriter writer(table, curves);
  writer.write(*node, 0);
  return writer.take();
}

}  // namespace midimon
