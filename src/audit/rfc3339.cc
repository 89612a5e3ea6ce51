#include "audit/rfc3339.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace midimon::audit {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

// Writes `value` with as many digits as there are in [out, out + width).
void digits(char* out, std::uint64_t value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

// Takes `width` digits off `text`; none if there are other characters.
std::optional<unsigned> take_number(std::string_view& text, std::size_t width) {
  unsigned value = 0;
  if (text.size() < width) return {};
  const char* const end = text.data() + width;
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) return {};
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// "." and up to nine digits, as nanoseconds; zero without them.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (!take(text, ".")) return 0;
  std::int64_t value = 0;
  std::size_t count = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++count) {
    if (count == 9) return {};
    value = value * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  if (count == 0) return {};
  for (; count < 9; ++count)
    value *= 10;
  return value;
}

// "Z", or "+hh:mm", in seconds.
std::optional<std::int64_t> take_offset(std::string_view& text) {
  if (take(text, "Zz")) return 0;
  const bool west = !text.empty() && text.front() == '-';
  if (!take(text, "+-")) return {};
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ":")) return {};
  const auto minutes = take_number(text, 2);
  if (!minutes || *minutes > 59) return {};
  const std::int64_t seconds = *hours * 3600 + *minutes * 60;
  return west ? -seconds : seconds;
}

std::optional<std::int64_t> take_date(std::string_view& text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, "-")) return {};
  const auto month = take_number(text, 2);
  if (!month || !take(text, "-")) return {};
  const auto day = take_number(text, 2);
  if (!day) return {};
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok() || *year < 1970 || *year > 2261) return {};
  return sys_days(date).time_since_epoch().count();
}

std::optional<std::int64_t> take_second_of_day(std::string_view& text) {
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take(text, ":")) return {};
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59 || !take(text, ":")) return {};
  const auto second = take_number(text, 2);
  if (!second || *second > 60) return {};
  return *hour * 3600 + *minute * 60 + *second;
}

}  // namespace

std::string format_time(Nanos since_1970) {
  const auto time = static_cast<std::uint64_t>(std::max<std::int64_t>(since_1970.count(), 0));
  const std::uint64_t seconds = time / 1'000'000'000;
  const std::uint64_t of_day = seconds % 86'400;
  const std::chrono::year_month_day date{sys_days(days(static_cast<int>(seconds / 86'400)))};
  std::string text = "0000-00-00T00:00:00.000000000Z";
  digits(&text[0], static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  digits(&text[5], static_cast<unsigned>(date.month()), 2);
  digits(&text[8], static_cast<unsigned>(date.day()), 2);
  digits(&text[11], of_day / 3600, 2);
  digits(&text[14], of_day / 60 % 60, 2);
  digits(&text[17], of_day % 60, 2);
  digits(&text[20], time % 1'000'000'000, 9);
  return text;
}

std::optional<Nanos> parse_time(std::string_view text) {
  const auto day = take_date(text);
  if (!day || !take(text, "Tt ")) return {};
  const auto of_day = take_second_of_day(text);
  if (!of_day) return {};
  const auto fraction = take_fraction(text);
  const auto offset = fraction ? take_offset(text) : fraction;
  if (!offset || !text.empty()) return {};
  const std::int64_t seconds = *day * 86'400 + *of_day - *offset;
  return Nanos(seconds * 1'000'000'000 + *fraction);
}

}  // namespace midimon::audit
