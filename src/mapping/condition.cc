#include "mapping/condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace midimon {
namespace {

// What the conditions are asked about.
struct Asked {
  std::size_t mode;
  const Facts& facts;

  bool operator()(const AlwaysCondition& /*always*/) const { return true; }
  bool operator()(const NeverCondition& /*never*/) const { return false; }
  bool operator()(const TimeRangeCondition& range) const {
    const int now = facts.local_time().minute;
    if (range.start <= range.end) return now >= range.start && now <= range.end;
    return now >= range.start || now <= range.end;
  }
  bool operator()(const DayOfWeekCondition& days) const {
    return (days.days >> static_cast<unsigned>(facts.local_time().weekday) & 1U) != 0;
  }
  bool operator()(const ModeIsCondition& is) const { return is.mode == mode; }
  bool operator()(const OutsideCondition& outside) const { return facts.holds(outside); }
  bool operator()(const AndCondition& all) const {
    return std::all_of(all.conditions.begin(), all.conditions.end(), *this);
  }
  bool operator()(const OrCondition& any) const {
    return std::any_of(any.conditions.begin(), any.conditions.end(), *this);
  }
  bool operator()(const NotCondition& no) const { return !(*this)(no.condition.front()); }
  bool operator()(const Condition& condition) const { return std::visit(*this, condition.what); }
};

constexpr std::array<std::string_view, 7> kDays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                   "Friday", "Saturday", "Sunday"};

std::string clock(int minutes) {
  return fmt::format("{:02}:{:02}", minutes / 60, minutes % 60);
}

struct Words {
  std::string operator()(const AlwaysCondition& /*always*/) const { return "always"; }
  std::string operator()(const NeverCondition& /*never*/) const { return "never"; }
  std::string operator()(const TimeRangeCondition& range) const {
    return fmt::format("from {} to {}", clock(range.start), clock(range.end));
  }
  std::string operator()(const DayOfWeekCondition& days) const {
    std::string out;
    for (unsigned day = 1; day <= 7; ++day) {
      if ((days.days >> day & 1U) == 0) continue;
      out += out.empty() ? "on " : ", ";
      out += kDays[day - 1];
    }
    return out;
  }
  std::string operator()(const ModeIsCondition& is) const { return "in mode " + is.name; }
  std::string operator()(const OutsideCondition& outside) const {
    switch (outside.kind) {
      case OutsideCondition::Kind::app_running:
        return fmt::format("while {} runs", outside.subject);
      case OutsideCondition::Kind::app_frontmost:
        return fmt::format("while {} is in front", outside.subject);
      case OutsideCondition::Kind::plugin_state:
        break;
    }
    return fmt::format("while plugin {} is {}", outside.subject, outside.state);
  }
  std::string operator()(const AndCondition& all) const { return list(all.conditions, " and "); }
  std::string operator()(const OrCondition& any) const { return list(any.conditions, " or "); }
  std::string operator()(const NotCondition& no) const { return "not " + list(no.condition, ""); }
  std::string operator()(const Condition& condition) const {
    return std::visit(*this, condition.what);
  }
  [[nodiscard]] std::string list(const std::vector<Condition>& conditions,
                                 std::string_view between) const {
    std::string out = "(";
    for (const Condition& condition : conditions) {
      if (out.size() > 1) out += between;
      out += (*this)(condition);
    }
    return out + ")";
  }
};

}  // namespace

bool holds(const Condition& condition, std::size_t mode, const Facts& facts) {
  return Asked{mode, facts}(condition);
}

std::optional<int> parse_time_of_day(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto number = [](std::string_view digits, int limit) -> std::optional<int> {
    int value = 0;
    if (digits.empty() || digits.size() > 2) return std::nullopt;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value >= 0 && value < limit ? std::optional(value) : std::nullopt;
  };
  const auto hours = number(text.substr(0, colon), 24);
  const auto minutes = number(text.substr(colon + 1), 60);
  if (!hours || !minutes) return std::nullopt;
  return *hours * 60 + *minutes;
}

std::optional<int> parse_weekday(std::string_view text) {
  if (text.size() < 3) return std::nullopt;
  const auto* const found = std::find_if(
      kDays.begin(), kDays.end(), [text](std::string_view day) { return day.starts_with(text); });
  if (found == kDays.end()) return std::nullopt;
  return static_cast<int>(found - kDays.begin()) + 1;
}

std::string describe(const Condition& condition) {
  return Words{}(condition);
}

}  // namespace midimon
