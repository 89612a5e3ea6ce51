// The second half of JsonSchema: a value, held to the nodes of json_schema_nodes.h.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "plugins/json_schema.h"
#include "plugins/json_schema_nodes.h"
#include "toml/closest.h"
#include "toml/problems.h"

namespace midimon::plugins {
namespace {

using nlohmann::json;
using schema::Index;
using schema::Node;
using schema::Number;

constexpr std::size_t kMaxProblems = 16;
constexpr std::size_t kMaxShown = 8;       // of the values that are allowed
constexpr std::size_t kMaxWork = 500'000;  // steps; a check of a plain schema takes some dozens
constexpr std::size_t kMaxSentence = 1024;
constexpr int kMaxDepth = 100;  // of values and references in one another
constexpr std::size_t kBytesOfStep = 64;

// Where a value stands: a member or an item of what stands at `outer`.
struct Place {
  const Place* outer;
  std::string_view name;
  std::size_t index;  // where there is no `outer` or a name this means nothing
  bool is_item;
};

bool is_plain(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

std::string to_text(const Place& place) {
  if (place.outer == nullptr) return std::string(place.name);
  const std::string outer = to_text(*place.outer);
  if (place.is_item) return fmt::format("{}[{}]", outer, place.index);
  return outer + "." + (is_plain(place.name) ? std::string(place.name) : in_quotes(place.name));
}

std::uint8_t type_of(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return schema::kNull;
    case json::value_t::boolean:
      return schema::kBoolean;
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
      return schema::kInteger | schema::kNumber;
    case json::value_t::number_float: {
      const double number = value.get<double>();
      return schema::kNumber | (std::floor(number) == number ? schema::kInteger : 0);
    }
    case json::value_t::string:
      return schema::kString;
    case json::value_t::array:
      return schema::kArray;
    default:
      return schema::kObject;
  }
}

std::string types_in_words(std::uint8_t types) {
  constexpr std::array<std::string_view, 7> kWords = {
      "null", "true or false", "a whole number", "a number", "a string", "a list", "an object"};
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if ((types >> i & 1U) != 0) words.push_back(kWords[i]);
  }
  return fmt::format("{}", fmt::join(words, " or "));
}

// As a person reads it in a sentence.
std::string show(const json& value) {
  if (value.is_string()) return in_quotes(value.get_ref<const std::string&>());
  if (value.is_object()) return "the object";
  if (value.is_array()) return "the list";
  return value.dump();
}

// "7 is a whole number", "it is a list".
std::string kind_in_words(const json& value, std::uint8_t types) {
  if (value.is_null() || value.is_boolean()) return "it is " + value.dump();
  if ((types & schema::kInteger) != 0) types = schema::kInteger;
  return fmt::format("{} is {}", value.is_structured() ? "it" : show(value), types_in_words(types));
}

// Not in the middle of a character.
std::string cut(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80)
    --most;
  text.resize(most);
  return text + "...";
}

std::string show(Number number) {
  return fmt::format("{:.15g}", static_cast<double>(number));
}

class Checker {
 public:
  explicit Checker(const schema::Compiled& compiled) : compiled_(compiled) {}

  std::vector<std::string> check(const json& value, std::string_view name) {
    const Place place{nullptr, name, 0, false};
    std::vector<std::string> problems;
    fits(0, value, place, problems);
    if (!exhausted_) return problems;
    return {
        fmt::format("{}: it takes too long to check; give less, or ask the plugin's author for "
                    "a simpler schema",
                    name)};
  }

 private:
  using Out = std::vector<std::string>;

  // Whether there is work left; `bytes` is how much of a value has to be looked at.
  bool spend(std::size_t bytes) {
    const std::size_t steps = 1 + bytes / kBytesOfStep;
    exhausted_ = exhausted_ || steps > work_;
    if (!exhausted_) work_ -= steps;
    return !exhausted_;
  }
  // Sentences are work as well: a schema can ask for many that nobody gets to see.
  void say(Out& out, const Place& place, const std::string& what) {
    if (out.size() >= kMaxProblems) return;
    out.push_back(cut(to_text(place) + ": " + what, kMaxSentence));
    spend(out.back().size() * kBytesOfStep / 16);
  }

  // Adds what is wrong to `out`, or nothing. Once exhausted_, what it says means nothing.
  void fits(Index index, const json& value, const Place& place, Out& out);
  bool fits(Index index, const json& value, const Place& place) {
    Out out;
    fits(index, value, place, out);
    return out.empty();
  }

  void number(const Node& node, const json& value, const Place& place, Out& out);
  void text(const Node& node, const std::string& text, const Place& place, Out& out);
  bool matches(const re2::RE2& pattern, const std::string& text);
  void list(const Node& node, const json& value, const Place& place, Out& out);
  void unique(const json& value, const Place& place, Out& out);
  void object(const Node& node, const json& value, const Place& place, Out& out);
  void unknown_member(const Node& node, std::string_view key, const Place& place, Out& out);
  void choice(const Node& node, const json& value, const Place& place, Out& out);
  void alternatives(const Node& node, const json& value, const Place& place, Out& out);
  std::size_t weight(const json& value);

  const schema::Compiled& compiled_;
  std::size_t work_ = kMaxWork;
  int depth_ = 0;
  bool exhausted_ = false;
};

void Checker::fits(Index index, const json& value, const Place& place, Out& out) {
  if (depth_ >= kMaxDepth) exhausted_ = true;
  if (!spend(0)) return;
  const Node& node = compiled_.nodes[index];
  if (node.never) return say(out, place, "it may not be there");
  const std::uint8_t types = type_of(value);
  if (node.types != 0 && (node.types & types) == 0) {
    return say(
        out, place,
        fmt::format("{}; it must be {}", kind_in_words(value, types), types_in_words(node.types)));
  }
  ++depth_;
  if (node.choices) choice(node, value, place, out);
  if (value.is_number()) number(node, value, place, out);
  if (value.is_string()) text(node, value.get_ref<const std::string&>(), place, out);
  if (value.is_array()) list(node, value, place, out);
  if (value.is_object()) object(node, value, place, out);
  if (node.ref) fits(*node.ref, value, place, out);
  alternatives(node, value, place, out);
  --depth_;
}

void Checker::number(const Node& node, const json& value, const Place& place, Out& out) {
  const auto number = value.get<Number>();
  const auto refuse = [&](std::string_view how, Number bound) {
    say(out, place, fmt::format("{} is not {} {}", value.dump(), how, show(bound)));
  };
  if (node.minimum && number < *node.minimum) refuse("at least", *node.minimum);
  if (node.maximum && number > *node.maximum) refuse("at most", *node.maximum);
  if (node.above && number <= *node.above) refuse("above", *node.above);
  if (node.below && number >= *node.below) refuse("below", *node.below);
  if (!node.multiple_of) return;
  // What people write with a point is no exact multiple of what they write with one.
  const Number times = number / *node.multiple_of;
  const bool whole =
      std::floor(number) == number && std::floor(*node.multiple_of) == *node.multiple_of;
  const Number close = std::clamp<Number>(std::abs(times) * 1e-12L, 1e-12L, 1e-3L);
  if (whole ? std::fmod(number, *node.multiple_of) != 0
            : !(std::abs(times - std::round(times)) <= close)) {
    refuse("a multiple of", *node.multiple_of);
  }
}

// Characters are counted where they begin.
void Checker::text(const Node& node, const std::string& text, const Place& place, Out& out) {
  if (node.min_length || node.max_length) {
    if (!spend(text.size())) return;
    const auto length =
        static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
          return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
        }));
    const auto refuse = [&](std::string_view how, std::size_t bound) {
      say(out, place,
          fmt::format("{} has {} characters; it must have at {} {}", in_quotes(text), length, how,
                      bound));
    };
    if (node.min_length && length < *node.min_length) refuse("least", *node.min_length);
    if (node.max_length && length > *node.max_length) refuse("most", *node.max_length);
  }
  if (node.pattern && !matches(*node.pattern, text)) {
    say(out, place,
        fmt::format("{} does not match the pattern {}", in_quotes(text),
                    in_quotes(node.pattern->pattern())));
  }
}

// At worst each byte of the text meets each instruction of the pattern.
bool Checker::matches(const re2::RE2& pattern, const std::string& text) {
  const auto instructions = static_cast<std::size_t>(std::max(1, pattern.ProgramSize()));
  return spend(std::min(text.size(), kMaxWork * kBytesOfStep) * instructions) &&
         re2::RE2::PartialMatch(text, pattern);
}

void Checker::list(const Node& node, const json& value, const Place& place, Out& out) {
  const auto refuse = [&](std::string_view how, std::size_t bound) {
    say(out, place,
        fmt::format("the list has {} items; it must have at {} {}", value.size(), how, bound));
  };
  if (node.min_items && value.size() < *node.min_items) refuse("least", *node.min_items);
  if (node.max_items && value.size() > *node.max_items) refuse("most", *node.max_items);
  if (node.unique) unique(value, place, out);
  for (std::size_t i = 0; i < value.size() && !exhausted_; ++i) {
    const Place inside{&place, {}, i, true};
    if (i < node.first_items.size()) {
      fits(node.first_items[i], value[i], inside, out);
    } else if (node.items) {
      fits(*node.items, value[i], inside, out);
    } else {
      break;
    }
  }
}

// How many bytes a comparison of it looks at, at most; spends as much.
std::size_t Checker::weight(const json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size() + 1;
  if (!value.is_structured()) return 1;
  std::size_t sum = 1;
  if (depth_ >= kMaxDepth) exhausted_ = true;
  ++depth_;
  for (auto item = value.begin(); item != value.end() && spend(0); ++item)
    sum += weight(*item) + (value.is_object() ? item.key().size() : 0);
  --depth_;
  return sum;
}

void Checker::unique(const json& value, const Place& place, Out& out) {
  if (value.size() < 2) return;
  std::vector<const json*> order;
  order.reserve(value.size());
  for (const json& item : value)
    order.push_back(&item);
  const auto rounds = static_cast<std::size_t>(2 * std::log2(value.size()) + 1);
  if (!spend(weight(value) * rounds) || exhausted_) return;
  std::sort(order.begin(), order.end(), [](const json* a, const json* b) { return *a < *b; });
  const auto twin = std::adjacent_find(order.begin(), order.end(),
                                       [](const json* a, const json* b) { return *a == *b; });
  if (twin != order.end()) {
    say(out, place, fmt::format("{} is in the list more than once", show(**twin)));
  }
}

void Checker::object(const Node& node, const json& value, const Place& place, Out& out) {
  const auto refuse = [&](std::string_view how, std::size_t bound) {
    say(out, place, fmt::format("it has {} keys; it must have at {} {}", value.size(), how, bound));
  };
  if (node.min_members && value.size() < *node.min_members) refuse("least", *node.min_members);
  if (node.max_members && value.size() > *node.max_members) refuse("most", *node.max_members);
  for (const std::string& key : node.required) {
    if (!spend(key.size())) return;
    if (!value.contains(key)) say(out, place, fmt::format("{} is missing", in_quotes(key)));
  }
  for (auto item = value.begin(); item != value.end() && !exhausted_; ++item) {
    const Place inside{&place, item.key(), 0, false};
    const auto member = node.members.find(item.key());
    bool is_known = member != node.members.end();
    if (is_known) fits(member->second, *item, inside, out);
    for (const auto& [pattern, index] : node.members_like) {
      if (!matches(*pattern, item.key())) continue;
      is_known = true;
      fits(index, *item, inside, out);
    }
    if (is_known || !node.other_members) continue;
    if (compiled_.nodes[*node.other_members].never) {
      unknown_member(node, item.key(), inside, out);
    } else {
      fits(*node.other_members, *item, inside, out);
    }
  }
}

void Checker::unknown_member(const Node& node, std::string_view key, const Place& place, Out& out) {
  std::vector<std::string_view> known;
  for (const auto& [name, index] : node.members)
    known.push_back(name);
  if (out.size() >= kMaxProblems || !spend(known.size() * kBytesOfStep)) return;
  std::string words;
  for (std::size_t i = 0; i < std::min(known.size(), kMaxShown); ++i)
    words += (i == 0 ? "; there is " : ", ") + in_quotes(known[i]);
  if (known.size() > kMaxShown) words += ", ...";
  const auto near = closest(key, known);
  say(out, place,
      fmt::format("there is no such key{}{}", words,
                  near ? fmt::format(" (did you mean {}?)", in_quotes(*near)) : ""));
}

void Checker::choice(const Node& node, const json& value, const Place& place, Out& out) {
  for (const json& allowed : *node.choices) {
    // What is equal is equally large.
    if (!spend(value.is_structured() || value.is_string() ? weight(allowed) : 1)) return;
    if (value == allowed) return;
  }
  std::string words;
  std::vector<std::string_view> texts;
  for (const json& allowed : *node.choices) {
    if (allowed.is_string()) texts.push_back(allowed.get_ref<const std::string&>());
    if (&allowed - node.choices->data() < static_cast<std::ptrdiff_t>(kMaxShown)) {
      words += (words.empty() ? "" : ", ") + show(allowed);
    }
  }
  if (node.choices->size() > kMaxShown) words += ", ...";
  if (out.size() >= kMaxProblems || !spend(texts.size() * kBytesOfStep)) return;
  const auto near =
      value.is_string() ? closest(value.get_ref<const std::string&>(), texts) : std::nullopt;
  say(out, place,
      fmt::format("{} is not {}{}{}", show(value), node.choices->size() > 1 ? "one of " : "", words,
                  near ? fmt::format(" (did you mean {}?)", in_quotes(*near)) : ""));
}

void Checker::alternatives(const Node& node, const json& value, const Place& place, Out& out) {
  for (const Index index : node.all)
    fits(index, value, place, out);
  if (node.none && fits(*node.none, value, place)) {
    say(out, place, fmt::format("{} is what it may not be", show(value)));
  }
  // Says of the alternative that has least against the value what that is.
  const auto count = [&](const std::vector<Index>& indices) {
    std::size_t fitting = 0;
    Out least;
    for (const Index index : indices) {
      Out against;
      fits(index, value, place, against);
      if (against.empty()) ++fitting;
      if (least.empty() || against.size() < least.size()) least = std::move(against);
      if (exhausted_) break;
    }
    if (fitting > 0 || indices.empty()) return fitting;
    say(out, place,
        fmt::format("{} fits none of the {} forms it may have; of the nearest: {}", show(value),
                    indices.size(), fmt::join(least, "; ")));
    return fitting;
  };
  count(node.any);
  if (const std::size_t fitting = count(node.one); fitting > 1) {
    say(out, place,
        fmt::format("{} fits {} of the forms of which it must fit one", show(value), fitting));
  }
}

}  // namespace

std::vector<std::string> JsonSchema::check(const json& value, std::string_view name) const {
  return Checker(*compiled_).check(value, name);
}

}  // namespace midimon::plugins
