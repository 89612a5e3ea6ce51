#include "plugins/polled_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/bounded_json.h"
#include "midi/message_bytes.h"

namespace midimon::plugins {
namespace {

constexpr int kMaxDepth = 4;
constexpr std::size_t kMaxEventText = 4096;

tl::unexpected<Error> wrong(std::string_view what) {
  return fail(ErrorCode::invalid,
              fmt::format("`poll` returned {}; it returns {{\"events\": [\"press C2 100\"], "
                          "\"next_ms\": 500}}, or 0 for nothing.",
                          what));
}

}  // namespace

Result<PolledEvents> parse_polled_events(std::string_view text) {
  PolledEvents out;
  if (text.empty()) return out;
  const auto json = parse_bounded_json(text, kMaxDepth);
  if (!json || !json->is_object()) return wrong("what is no JSON object");
  if (const auto next = json->find("next_ms"); next != json->end()) {
    if (!next->is_number_integer()) return wrong("a \"next_ms\" that is no whole number");
    const std::int64_t most = kLatestPoll / std::chrono::milliseconds(1);
    const auto ms = std::clamp<std::int64_t>(next->get<std::int64_t>(), 0, most);
    out.next = std::max<Nanos>(std::chrono::milliseconds(ms), kSoonestPoll);
  }
  const auto events = json->find("events");
  if (events == json->end()) return out;
  if (!events->is_array()) return wrong("\"events\" that are no list");
  if (events->size() > kMaxPolledEvents) {
    return wrong(
        fmt::format("{} events at once, of {} that it may", events->size(), kMaxPolledEvents));
  }
  for (const auto& event : *events) {
    if (!event.is_string()) return wrong("an event that is no text");
    const auto& words = event.get_ref<const std::string&>();
    if (words.size() > kMaxEventText) return wrong("an event of more than 4 KiB");
    auto parsed = parse_event(words);
    if (!parsed) return wrong("an event that is none: " + parsed.error().message);
    out.events.push_back(std::move(*parsed));
  }
  return out;
}

std::vector<std::uint8_t> bytes_of(const TypedEvent& event) {
  std::vector<std::uint8_t> out;
  for (const Message& message : event.messages)
    append_bytes(message, {}, out);
  if (event.sysex) append_bytes({0xF0, 0, 0}, *event.sysex, out);
  return out;
}

}  // namespace midimon::plugins
