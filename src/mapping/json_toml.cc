#include "mapping/json_toml.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

namespace midimon {
namespace {

using nlohmann::json;

// Makes JSON of TOML; what cannot be made becomes null, and a problem.
class Converter {
 public:
  explicit Converter(TomlTable& table) : table_(table) {}

  json convert(const toml::node& node, int depth);
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  json refuse(const toml::node& node, std::string why) {
    failed_ = true;
    table_.add_problem(pos_of(node), std::move(why));
    return nullptr;
  }

  TomlTable& table_;
  bool failed_ = false;
};

json Converter::convert(const toml::node& node, int depth) {
  if (depth > kMaxJsonTableDepth) {
    return refuse(node, fmt::format("settings may be {} values deep", kMaxJsonTableDepth));
  }
  if (const auto* table = node.as_table()) {
    json out = json::object();
    for (const auto& [key, value] : *table)
      out[std::string(key.str())] = convert(value, depth + 1);
    return out;
  }
  if (const auto* array = node.as_array()) {
    json out = json::array();
    for (const toml::node& value : *array)
      out.push_back(convert(value, depth + 1));
    return out;
  }
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* boolean = node.as_boolean()) return boolean->get();
  if (const auto* number = node.as_floating_point()) {
    if (std::isfinite(number->get())) return number->get();
    return refuse(node, "settings hold finite numbers only, as JSON has no others");
  }
  std::ostringstream time;
  node.visit([&time](const auto& value) { time << value; });
  return time.str();
}

}  // namespace

std::optional<std::string> read_json_object(TomlTable& table, std::string_view key) {
  const toml::table* source = table.table(key, Need::optional);
  if (source == nullptr) return std::nullopt;
  Converter converter(table);
  const json value = converter.convert(*source, 1);
  if (converter.failed()) return std::nullopt;
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() <= kMaxJsonTableBytes) return text;
  table.add_problem(pos_of(*source),
                    fmt::format("\"{}\" may have {} KiB as JSON, and has {}", key,
                                kMaxJsonTableBytes / 1024, (text.size() + 1023) / 1024));
  return std::nullopt;
}

}  // namespace midimon
