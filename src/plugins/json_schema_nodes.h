// What a JSON Schema becomes once it is read: nodes that name one another by number.
#pragma once

#include <re2/re2.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace midimon::plugins::schema {

using Index = std::size_t;  // in Compiled::nodes

// Exact for every number of nlohmann::json: what 64 bits hold, and doubles.
using Number = long double;

// In the order of kTypeNames; an integer is a number, too.
enum TypeBit : std::uint8_t {
  kNull = 1,
  kBoolean = 2,
  kInteger = 4,
  kNumber = 8,
  kString = 16,
  kArray = 32,
  kObject = 64,
};

using Pattern = std::shared_ptr<const re2::RE2>;

// One schema; what is not given asks for nothing.
struct Node {
  bool never = false;                                  // the schema `false`
  std::uint8_t types = 0;                              // of TypeBit; 0: any
  std::optional<std::vector<nlohmann::json>> choices;  // enum, const
  std::optional<Number> minimum, maximum, above, below, multiple_of;
  std::optional<std::size_t> min_length, max_length, min_items, max_items, min_members, max_members;
  Pattern pattern;
  bool unique = false;
  std::vector<Index> first_items;
  std::optional<Index> items;  // those behind first_items
  std::map<std::string, Index, std::less<>> members;
  std::vector<std::pair<Pattern, Index>> members_like;
  std::optional<Index> other_members;
  std::vector<std::string> required;
  std::vector<Index> all, any, one;
  std::optional<Index> none;  // not
  std::optional<Index> ref;
};

struct Compiled {
  std::vector<Node> nodes;  // the first is the whole
};

}  // namespace midimon::plugins::schema
