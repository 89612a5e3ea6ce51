#include "mapping/event_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "events/sysex_pattern.h"
#include "midi/note_name.h"
#include "toml/problems.h"

namespace midimon {
namespace {

using Words = std::vector<std::string_view>;

Words split(std::string_view text) {
  Words words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.empty()) return words;
    words.push_back(text.substr(0, text.find_first_of(" \t")));
    text.remove_prefix(words.back().size());
  }
}

std::optional<int> parse_int(std::string_view text, int max) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value >= 0 && value <= max ? std::optional(value) : std::nullopt;
}

std::optional<int> parse_note_or_number(std::string_view text) {
  if (const auto number = parse_int(text, 127)) return number;
  return parse_note(text);
}

// A kind of event: what is asked for after its name.
struct Form {
  std::string_view name;
  std::string_view usage;
};

constexpr std::array<Form, 14> kForms = {{{"press", "press NOTE [VELOCITY]"},
                                          {"release", "release NOTE [VELOCITY]"},
                                          {"cc", "cc NUMBER VALUE"},
                                          {"program", "program NUMBER"},
                                          {"pressure", "pressure [NOTE] VALUE"},
                                          {"bend", "bend VALUE, from 0 to 16383"},
                                          {"nrpn", "nrpn NUMBER VALUE [VALUE]"},
                                          {"rpn", "rpn NUMBER VALUE [VALUE]"},
                                          {"clock", "clock"},
                                          {"start", "start"},
                                          {"stop", "stop"},
                                          {"continue", "continue"},
                                          {"reset", "reset"},
                                          {"sysex", "sysex BYTES, such as 7E 7F 06 01"}}};

// Reads the words after the name, which is one of kForms.
class EventReader {
 public:
  EventReader(std::string_view name, Words words, int channel)
      : name_(name), words_(std::move(words)), channel_(channel) {}

  // Nothing where the words are not what the form asks for.
  std::optional<TypedEvent> read() {
    if (name_ == "press") return note(MessageKind::note_on, 100, 1);
    if (name_ == "release") return note(MessageKind::note_off, 0, 0);
    if (name_ == "cc") return two(MessageKind::control_change);
    if (name_ == "program") return one(MessageKind::program_change);
    if (name_ == "pressure" && words_.size() == 1) return one(MessageKind::channel_pressure);
    if (name_ == "pressure") return two(MessageKind::poly_pressure);
    if (name_ == "bend") return bend();
    if (name_ == "nrpn") return parameter(99);
    if (name_ == "rpn") return parameter(101);
    return system();
  }

 private:
  std::optional<TypedEvent> note(MessageKind kind, int velocity, int lowest) {
    if (words_.empty() || words_.size() > 2) return std::nullopt;
    const auto number = parse_note_or_number(words_[0]);
    const auto how = words_.size() > 1 ? parse_int(words_[1], 127) : velocity;
    if (!number || !how || *how < lowest) return std::nullopt;
    return TypedEvent{{make_message(kind, channel_, *number, *how)}, {}};
  }
  std::optional<TypedEvent> one(MessageKind kind) {
    const auto value = words_.size() == 1 ? parse_int(words_[0], 127) : std::nullopt;
    if (!value) return std::nullopt;
    return TypedEvent{{make_message(kind, channel_, *value)}, {}};
  }
  std::optional<TypedEvent> two(MessageKind kind) {
    if (words_.size() != 2) return std::nullopt;
    const auto number = kind == MessageKind::poly_pressure ? parse_note_or_number(words_[0])
                                                           : parse_int(words_[0], 127);
    const auto value = parse_int(words_[1], 127);
    if (!number || !value) return std::nullopt;
    return TypedEvent{{make_message(kind, channel_, *number, *value)}, {}};
  }
  std::optional<TypedEvent> bend() {
    const auto value = words_.size() == 1 ? parse_int(words_[0], 16383) : std::nullopt;
    if (!value) return std::nullopt;
    return TypedEvent{{make_message(MessageKind::pitch_bend, channel_, *value, *value >> 7)}, {}};
  }
  // By its number, upper half first, and data entry.
  std::optional<TypedEvent> parameter(int upper) {
    if (words_.size() < 2 || words_.size() > 3) return std::nullopt;
    const auto number = parse_int(words_[0], 16383);
    const auto value = parse_int(words_[1], 127);
    const auto lower = words_.size() > 2 ? parse_int(words_[2], 127) : 0;
    if (!number || !value || !lower) return std::nullopt;
    const auto control = [this](int controller, int to) {
      return make_message(MessageKind::control_change, channel_, controller, to);
    };
    TypedEvent event{
        {control(upper, *number >> 7), control(upper - 1, *number), control(6, *value)}, {}};
    if (words_.size() > 2) event.messages.push_back(control(38, *lower));
    return event;
  }
  std::optional<TypedEvent> system() {
    if (!words_.empty()) return std::nullopt;
    for (const std::uint8_t status : {0xF8, 0xFA, 0xFB, 0xFC, 0xFF}) {
      const Message message{status, 0, 0};
      if (name_ == to_string(message.kind())) return TypedEvent{{message}, {}};
    }
    return std::nullopt;
  }

  std::string_view name_;
  Words words_;
  int channel_;
};

// The bytes of a pattern that leaves none open.
Result<TypedEvent> parse_sysex(std::string_view text) {
  const auto pattern = SysexPattern::parse(text);
  if (!pattern) return tl::unexpected(pattern.error());
  auto bytes = pattern->bytes();
  if (!bytes) return fail(ErrorCode::invalid, "a sysex that is sent has no \"??\" and no \"*\"");
  return TypedEvent{{}, std::move(*bytes)};
}

}  // namespace

Result<TypedEvent> parse_event(std::string_view text) {
  Words words = split(text);
  if (words.empty()) return fail(ErrorCode::invalid, "an event is missing, such as press C2 100");
  const std::string_view name = words.front();
  const auto* const form = std::find_if(kForms.begin(), kForms.end(),
                                        [name](const Form& each) { return each.name == name; });
  if (form == kForms.end()) {
    std::vector<std::string_view> names;
    names.reserve(kForms.size());
    for (const Form& each : kForms)
      names.push_back(each.name);
    return fail(ErrorCode::invalid,
                fmt::format("there is no event {}{}", in_quotes(name), hint(name, names)));
  }
  if (name == "sysex") {
    return parse_sysex(text.substr(static_cast<std::size_t>(name.data() - text.data()) + 5));
  }
  words.erase(words.begin());
  int channel = 0;
  if (words.size() >= 2 && words[words.size() - 2] == "channel") {
    const auto number = parse_int(words.back(), 16);
    if (!number || *number == 0) {
      return fail(ErrorCode::invalid, fmt::format("a channel is a number from 1 to 16, not {}",
                                                  in_quotes(words.back())));
    }
    channel = *number - 1;
    words.resize(words.size() - 2);
  }
  if (auto event = EventReader(name, std::move(words), channel).read()) return std::move(*event);
  return fail(ErrorCode::invalid, fmt::format("this is written as {}", form->usage));
}

Result<LocalTime> parse_local_time(std::string_view text) {
  const Words words = split(text);
  const auto day = words.size() == 2 ? parse_weekday(words[0]) : std::nullopt;
  const auto minute = words.size() == 2 ? parse_time_of_day(words[1]) : std::nullopt;
  if (!day || !minute) {
    return fail(ErrorCode::invalid,
                fmt::format("a time of the week is written as Mon 09:30, not {}", in_quotes(text)));
  }
  return LocalTime{*day, *minute};
}

}  // namespace midimon
