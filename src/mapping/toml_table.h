// The TomlTable class reads one table of a TOML file by key and notes all that is wrong with it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Without exceptions the parser returns its error. It recurses for values within values.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_MAX_NESTED_VALUES 64
// Version 3.3 asserts what "x = ]" makes false, where without the assertion it reports the mistake.
#define TOML_ASSERT(condition) static_assert(true)
#include <toml++/toml.h>

#include "mapping/problems.h"

namespace midimon {

// Where a value or key begins.
[[nodiscard]] SourcePos pos_of(const toml::source_region& source);
[[nodiscard]] SourcePos pos_of(const toml::node& node);

// What a value is, as a phrase: "a string", "an integer", ...
[[nodiscard]] std::string_view type_name(const toml::node& node);

// Parses a whole file. The parser stops at the first mistake in the syntax, so that it is the only
// problem then. Safe on hostile text of any shape; whoever calls limits its size.
[[nodiscard]] std::optional<toml::table> parse_toml(std::string_view text, Problems& problems);

enum class Need { optional, required };

// Every getter gives the value of one key, or nothing, having noted a problem, if the value is not
// what it should be or is missing though required. Both arguments of the constructor outlive it.
// Not thread-safe.
class TomlTable {
 public:
  // `name` is what a person calls the table: "[device]", "a Note trigger".
  TomlTable(const toml::table& table, std::string name, Problems& problems)
      : table_(table), name_(std::move(name)), problems_(problems) {}

  // Calls the table something else, once more is known of it.
  void rename(std::string name) { name_ = std::move(name); }

  // Any value. `expected` says in words what the key should hold.
  const toml::node* find(std::string_view key, Need need, std::string_view expected);
  // Not empty, without control characters.
  std::optional<std::string> string(std::string_view key, Need need,
                                    std::string_view expected = "a string");
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max,
                                      Need need);
  std::optional<bool> boolean(std::string_view key);
  const toml::table* table(std::string_view key, Need need);
  const toml::array* array(std::string_view key, Need need);
  // An array that holds nothing but tables, such as [[key]] makes; empty if there is none.
  std::vector<const toml::table*> tables(std::string_view key);

  // Notes every key that no getter was asked for.
  void refuse_other_keys();
  void add_problem(SourcePos pos, std::string text) { problems_.add(pos, std::move(text)); }
  // Notes that the value of a key must be what `expected` says.
  void refuse(std::string_view key, const toml::node& node, std::string_view expected);

  [[nodiscard]] SourcePos pos() const { return pos_of(table_); }
  // Where the value of a key begins; the table itself if it has no such key.
  [[nodiscard]] SourcePos pos(std::string_view key) const;

 private:
  const toml::table& table_;
  std::string name_;
  Problems& problems_;
  std::vector<std::string_view> known_;
};

// The string in `node`, if it is one, is not empty and holds no control characters.
[[nodiscard]] std::optional<std::string> as_line(const toml::node& node);

}  // namespace midimon
