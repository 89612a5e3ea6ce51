#include "midi/smf_player.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace midimon {
namespace {

constexpr std::int64_t kUnit = 1000;
constexpr std::int64_t kMaxFactor = 1000;

// Reads "12" or "1.25" as thousandths, at most three decimals. -1 where it is neither.
std::int64_t parse_thousandths(std::string_view text) {
  const std::size_t point = text.find('.');
  std::string_view decimals = point == std::string_view::npos ? "" : text.substr(point + 1);
  if (decimals.size() > 3 || (point != std::string_view::npos && decimals.empty())) return -1;
  std::string digits(text.substr(0, point));
  if (digits.empty() || digits.size() > 4) return -1;
  digits.append(decimals).append(3 - decimals.size(), '0');
  std::int64_t value = -1;
  const char* const end = digits.data() + digits.size();
  if (digits.front() == '-' || std::from_chars(digits.data(), end, value).ptr != end) return -1;
  return value;
}

}  // namespace

Result<PlaySpeed> PlaySpeed::parse(std::string_view text) {
  if (text == "max") return max();
  std::string_view number = text;
  if (number.ends_with('x')) number.remove_suffix(1);
  const std::int64_t thousandths = parse_thousandths(number);
  if (thousandths < 1 || thousandths > kMaxFactor * kUnit) {
    return fail(
        ErrorCode::invalid,
        "a playing speed is \"max\" or a factor from 0.001 to 1000, such as \"2\" or \"0.5\"");
  }
  return PlaySpeed(thousandths);
}

Nanos PlaySpeed::scale(Nanos song_time) const {
  if (is_max()) return Nanos::zero();
  static_assert(kMaxSmfLength.count() <= Nanos::max().count() / 2 / kUnit);
  return song_time * kUnit / thousandths_;
}

SmfPlayer::SmfPlayer(Smf smf, PlaySpeed speed, Nanos start)
    : smf_(std::move(smf)), speed_(speed), start_(start) {}

std::optional<Nanos> SmfPlayer::next_due() const {
  if (done()) return std::nullopt;
  return due_at(smf_.messages[next_].at);
}

std::optional<SmfPlayer::Due> SmfPlayer::take_due(Nanos now) {
  const auto due = next_due();
  if (!due || *due > now) return std::nullopt;
  const SmfMessage& message = smf_.messages[next_++];
  Due out{speed_.is_max() ? now : *due, message.at, message.message};
  if (message.message.kind() == MessageKind::sysex) out.sysex = smf_.sysex[message.sysex];
  return out;
}

}  // namespace midimon
