#include "trust/utc.h"

#include <fmt/format.h>

#include <algorithm>

namespace midimon::trust {
namespace {

using namespace std::chrono;  // NOLINT(google-build-using-namespace): its names are units

// Of digits only, which the caller has made sure of.
int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits)
    value = value * 10 + (c - '0');
  return value;
}

}  // namespace

UtcSeconds now(const Clock& clock) {
  return UtcSeconds(duration_cast<seconds>(clock.realtime()));
}

std::string format_utc(UtcSeconds time) {
  const UtcSeconds first = sys_days(year(0) / 1 / 1);
  const UtcSeconds last = sys_days(year(9999) / 12 / 31) + hours(24) - seconds(1);
  time = std::clamp(time, first, last);
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::optional<UtcSeconds> parse_utc(std::string_view text) {
  if (text.size() == 10) {
    // A date: read as its first second.
    return parse_utc(std::string(text) + "T00:00:00Z");
  }
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  if (text.size() != kShape.size()) return {};
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !is_digit : text[i] != kShape[i]) return {};
  }
  const auto part = [&](std::size_t at) {
    return static_cast<unsigned>(number(text.substr(at, 2)));
  };
  const year_month_day date(year(number(text.substr(0, 4))), month(part(5)), day(part(8)));
  if (!date.ok() || part(11) > 23 || part(14) > 59 || part(17) > 59) return {};
  return sys_days(date) + hours(part(11)) + minutes(part(14)) + seconds(part(17));
}

}  // namespace midimon::trust
