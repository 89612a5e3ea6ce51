#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>

#include "base/text.h"

namespace midimon {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t kKilo = 1000;
constexpr std::uint64_t kKibi = 1024;

constexpr std::array kByteUnits = {
    Unit{"B", 1},
    Unit{"kB", kKilo},
    Unit{"MB", kKilo* kKilo},
    Unit{"GB", kKilo* kKilo* kKilo},
    Unit{"TB", kKilo* kKilo* kKilo* kKilo},
    Unit{"KiB", kKibi},
    Unit{"MiB", kKibi* kKibi},
    Unit{"GiB", kKibi* kKibi* kKibi},
    Unit{"TiB", kKibi* kKibi* kKibi* kKibi},
};

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;

constexpr std::array kTimeUnits = {
    Unit{"ns", 1},      Unit{"us", 1'000},  Unit{"ms", 1'000'000},
    Unit{"s", kSecond}, Unit{"m", kMinute}, Unit{"h", kHour},
};

// What a kind of amount is called, and what may be written.
struct Kind {
  std::span<const Unit> units;
  bool unit_required;
  std::uint64_t max;
  std::string_view expected;
};

constexpr Kind kBytes = {kByteUnits, false, std::numeric_limits<std::uint64_t>::max(),
                         "a whole number of bytes, alone or with a unit: B, kB, MB, GB, TB, KiB, "
                         "MiB, GiB, TiB"};
constexpr Kind kDuration = {kTimeUnits, true, std::numeric_limits<std::int64_t>::max(),
                            "a whole number with a unit: ns, us, ms, s, m, h"};

// The text as it may stand in a message: short, and of one line.
std::string shown(std::string_view text) {
  constexpr std::size_t kMax = 32;
  return escape_line(text.substr(0, kMax)) + (text.size() > kMax ? "..." : "");
}

tl::unexpected<Error> malformed(std::string_view text, const Kind& kind) {
  return fail(ErrorCode::invalid, fmt::format("\"{}\" is not {}", shown(text), kind.expected));
}

tl::unexpected<Error> too_large(std::string_view text) {
  return fail(ErrorCode::limit, fmt::format("\"{}\" is too large", shown(text)));
}

Result<std::uint64_t> parse_amount(std::string_view text, const Kind& kind) {
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return too_large(text);
  if (error != std::errc()) return malformed(text, kind);

  std::string_view name = text.substr(static_cast<std::size_t>(rest - text.data()));
  if (name.empty()) {
    if (kind.unit_required) return malformed(text, kind);
    return number;
  }
  if (name.front() == ' ') name.remove_prefix(1);
  const auto unit = std::find_if(kind.units.begin(), kind.units.end(),
                                 [name](const Unit& known) { return known.name == name; });
  if (unit == kind.units.end()) return malformed(text, kind);
  if (number > kind.max / unit->factor) return too_large(text);
  return number * unit->factor;
}

// `amount` in `unit` with `decimals` digits after the point, rounded down; trailing zeros go.
std::string decimal(std::uint64_t amount, const Unit& unit, int decimals) {
  std::string out = std::to_string(amount / unit.factor);
  std::string digits;
  // The remainder is below 2^40 for every unit in use, so that ten times it cannot overflow.
  std::uint64_t remainder = amount % unit.factor;
  for (int i = 0; i < decimals; ++i) {
    remainder *= 10;
    digits += static_cast<char>('0' + remainder / unit.factor);
    remainder %= unit.factor;
  }
  digits.erase(digits.find_last_not_of('0') + 1);
  if (!digits.empty()) out.append(1, '.').append(digits);
  return out.append(unit.name);
}

std::uint64_t round_to_three_digits(std::uint64_t amount) {
  std::uint64_t step = 1;
  while (amount / step >= 1000)
    step *= 10;
  return (amount + step / 2) / step * step;
}

// The last of `units`, which ascend, that leaves 1 or more.
const Unit& fitting(std::span<const Unit> units, std::uint64_t amount) {
  std::size_t best = 0;
  while (best + 1 < units.size() && amount >= units[best + 1].factor)
    ++best;
  return units[best];
}

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) {
  return parse_amount(text, kBytes);
}

Result<Nanos> parse_duration(std::string_view text) {
  return parse_amount(text, kDuration).map([](std::uint64_t amount) {
    return Nanos(static_cast<std::int64_t>(amount));
  });
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array kShown = {kByteUnits[0], kByteUnits[5], kByteUnits[6], kByteUnits[7],
                                 kByteUnits[8]};
  return decimal(bytes, fitting(kShown, bytes), 2);
}

std::string format_duration(Nanos duration) {
  if (duration < Nanos::zero()) {
    // Through unsigned numbers, because the lowest Nanos has no positive twin.
    const std::uint64_t size = 0 - static_cast<std::uint64_t>(duration.count());
    constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
    return fmt::format("-{}",
                       format_duration(Nanos(static_cast<std::int64_t>(std::min(size, kMax)))));
  }
  const auto exact = static_cast<std::uint64_t>(duration.count());
  const std::uint64_t rounded = round_to_three_digits(exact);
  if (rounded < kMinute) {
    return decimal(rounded, fitting(std::span(kTimeUnits).first<4>(), rounded), 2);
  }
  const std::uint64_t seconds = (exact + kSecond / 2) / kSecond;
  if (seconds < 3600) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  const std::uint64_t minutes = (exact + kMinute / 2) / kMinute;
  return fmt::format("{}h{:02}m", minutes / 60, minutes % 60);
}

}  // namespace midimon
