// The Condition struct says when a mapping or a part of an action counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "toml/source_pos.h"

namespace midimon {

struct Condition;

struct AlwaysCondition {};
struct NeverCondition {};

// From the minute `start` to the minute `end`, both included; over midnight if `end` is before
// `start`.
struct TimeRangeCondition {
  int start = 0;  // minutes since midnight, 0 to 1439
  int end = 0;
};

struct DayOfWeekCondition {
  std::uint8_t days = 0;  // bit 1 is Monday, bit 7 is Sunday
};

struct ModeIsCondition {
  std::size_t mode = 0;  // index in Profile::modes
  std::string name;      // its name, for people
};

// What only the world outside can tell: which programs run, what a plugin is doing.
struct OutsideCondition {
  enum class Kind : std::uint8_t { app_running, app_frontmost, plugin_state };
  Kind kind = Kind::app_running;
  std::string subject;  // the program's name, or the plugin's id
  std::string state;    // of a plugin
};

struct AndCondition {
  std::vector<Condition> conditions;  // none: it holds
};
struct OrCondition {
  std::vector<Condition> conditions;  // none: it does not hold
};
struct NotCondition {
  std::vector<Condition> condition;  // exactly one
};

struct Condition {
  std::variant<AlwaysCondition, NeverCondition, TimeRangeCondition, DayOfWeekCondition,
               ModeIsCondition, OutsideCondition, AndCondition, OrCondition, NotCondition>
      what;
};

// How deep And, Or and Not may stand in one another.
inline constexpr int kMaxConditionDepth = 16;

// What a clock on the wall says.
struct LocalTime {
  int weekday = 1;  // 1 is Monday, 7 is Sunday
  int minute = 0;   // since midnight
};

// The Facts class tells what conditions ask for. Asked on the thread that matches events, while an
// event waits: implementations answer from what they know and never block.
class Facts {
 public:
  virtual ~Facts() = default;
  [[nodiscard]] virtual LocalTime local_time() const = 0;
  // Whoever cannot tell says no.
  [[nodiscard]] virtual bool holds(const OutsideCondition& condition) const = 0;
};

// Whether `condition` holds in the mode with this index.
[[nodiscard]] bool holds(const Condition& condition, std::size_t mode, const Facts& facts);

// Reads "HH:MM" as minutes since midnight; nothing where it is no time of day.
[[nodiscard]] std::optional<int> parse_time_of_day(std::string_view text);
// Reads the name of a day in English, or its first letters, three at least: 1 is Monday.
[[nodiscard]] std::optional<int> parse_weekday(std::string_view text);

// In words: "from 22:00 to 06:00", "on Monday, Friday", "not (mode Live)".
[[nodiscard]] std::string describe(const Condition& condition);

}  // namespace midimon
