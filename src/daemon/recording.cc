#include "daemon/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/bounded_json.h"
#include "midi/byte_parser.h"

namespace midimon {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 16;
constexpr int kVersion = 1;

std::string text(const json& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
}
bool flag(const json& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && found->is_boolean() && found->get<bool>();
}
std::optional<std::int64_t> number(const json& value, const char* key) {
  const auto found = value.find(key);
  if (found == value.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

// In the order of OutsideCondition::Kind.
constexpr std::array<std::string_view, 3> kFactKinds = {"app_running", "app_frontmost",
                                                        "plugin_state"};

std::optional<RecordedFact> fact_of(const json& data) {
  const auto kind = std::find(kFactKinds.begin(), kFactKinds.end(), text(data, "kind"));
  if (kind == kFactKinds.end()) return std::nullopt;
  const auto index = static_cast<OutsideCondition::Kind>(kind - kFactKinds.begin());
  return RecordedFact{{index, text(data, "subject"), text(data, "state")}, flag(data, "holds")};
}

std::optional<RecordedTime> time_of(const json& data) {
  const auto weekday = number(data, "weekday");
  const auto minute = number(data, "minute");
  if (!weekday || !minute || *weekday < 1 || *weekday > 7 || *minute < 0 || *minute >= 24 * 60) {
    return std::nullopt;
  }
  return RecordedTime{{static_cast<int>(*weekday), static_cast<int>(*minute)}};
}

RecordedGesture gesture_of(const json& data) {
  RecordedGesture out{text(data, "gesture"), {}};
  const auto mappings = data.find("mappings");
  if (mappings == data.end() || !mappings->is_array()) return out;
  for (const json& mapping : *mappings) {
    if (mapping.is_object()) out.mappings.push_back(text(mapping, "description"));
  }
  return out;
}

std::optional<RecordedAction> action_of(const json& data) {
  static constexpr std::array kOutcomes = {Outcome::ok,
                                           Outcome::plugin_error,
                                           Outcome::out_of_fuel,
                                           Outcome::deadline_exceeded,
                                           Outcome::out_of_memory,
                                           Outcome::trapped,
                                           Outcome::denied,
                                           Outcome::cancelled,
                                           Outcome::failed};
  const std::string name = text(data, "outcome");
  const auto outcome = std::find_if(kOutcomes.begin(), kOutcomes.end(),
                                    [&](Outcome one) { return to_string(one) == name; });
  if (outcome == kOutcomes.end()) return std::nullopt;
  RecordedAction out;
  out.description = text(data, "description");
  out.what = text(data, "action");
  out.ran = flag(data, "ran");
  out.outcome = *outcome;
  out.message = text(data, "message");
  out.took = Nanos(std::max<std::int64_t>(number(data, "took_ns").value_or(0), 0));
  out.superseded = flag(data, "superseded");
  return out;
}

class RecordingReader {
 public:
  // What is wrong with the line, if something is.
  std::optional<std::string> line(std::string_view text) {
    const auto value = parse_bounded_json(text, kMaxDepth);
    if (!value || !value->is_object()) return "this is no JSON object";
    if (!has_header_) return header(*value);
    const auto data = value->find("data");
    if (data == value->end() || !data->is_object()) return "this has no \"data\"";
    return event(midimon::text(*value, "event"), *data);
  }
  [[nodiscard]] bool has_header() const { return has_header_; }
  Recording take() { return std::move(recording_); }

 private:
  std::optional<std::string> header(const json& value) {
    if (number(value, "midimon_recording") != kVersion) {
      return fmt::format("a recording begins with {{\"midimon_recording\": {}, ...}}", kVersion);
    }
    has_header_ = true;
    recording_.profile = midimon::text(value, "profile");
    recording_.mode = midimon::text(value, "mode");
    const auto inputs = value.find("inputs");
    if (inputs == value.end() || !inputs->is_array()) return std::nullopt;
    for (const json& input : *inputs) {
      if (input.is_string()) recording_.inputs.push_back(input.get<std::string>());
    }
    return std::nullopt;
  }

  std::optional<std::string> event(const std::string& kind, const json& data) {
    const auto at = number(data, "at_ns");
    if (!at) return "this has no time, \"at_ns\"";
    const auto add = [&](auto what) -> std::optional<std::string> {
      if constexpr (requires { *what; }) {
        if (!what) return fmt::format("this is no {}", kind);
        recording_.events.push_back({Nanos(*at), std::move(*what)});
      } else {
        recording_.events.push_back({Nanos(*at), std::move(what)});
      }
      return std::nullopt;
    };
    if (kind == "message") {
      return add(read_message(midimon::text(data, "input"), midimon::text(data, "bytes")));
    }
    if (kind == "input")
      return add(RecordedInput{midimon::text(data, "input"), flag(data, "connected")});
    if (kind == "time") return add(time_of(data));
    if (kind == "fact") return add(fact_of(data));
    if (kind == "gesture") return add(gesture_of(data));
    if (kind == "mode") return add(RecordedMode{midimon::text(data, "mode")});
    if (kind == "action") return add(action_of(data));
    if (kind == "reload") return add(RecordedReload{midimon::text(data, "error")});
    return std::nullopt;
  }

  Recording recording_;
  bool has_header_ = false;
};

}  // namespace

Result<Recording> parse_recording(std::string_view text, std::string_view file) {
  RecordingReader reader;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.empty()) continue;
    if (const auto wrong = reader.line(one)) {
      return fail(ErrorCode::invalid, fmt::format("{}:{}: {}", file, line, *wrong));
    }
  }
  if (!reader.has_header()) {
    return fail(ErrorCode::invalid, fmt::format("{}: this is no recording: it is empty", file));
  }
  return reader.take();
}

std::optional<RecordedMessage> read_message(std::string input, std::string_view bytes) {
  RecordedMessage out;
  out.input = std::move(input);
  ByteParser parser;
  bool complete = false;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint8_t byte = 0;
    const char* const begin = bytes.data() + at;
    const char* const end = bytes.data() + std::min(at + 2, bytes.size());
    const auto [stopped, error] = std::from_chars(begin, end, byte, 16);
    const bool apart = at + 2 >= bytes.size() || bytes[at + 2] == ' ';
    if (error != std::errc() || stopped != end || !apart || complete) return std::nullopt;
    const auto message = parser.push(byte);
    if (!message) continue;
    complete = true;
    out.message = *message;
    if (message->kind() == MessageKind::sysex) {
      out.sysex.assign(parser.sysex().begin(), parser.sysex().end());
    }
  }
  return complete ? std::optional(std::move(out)) : std::nullopt;
}

std::string_view fact_kind(OutsideCondition::Kind kind) {
  return kFactKinds.at(static_cast<std::size_t>(kind));
}

std::string recording_header(const Recording& recording) {
  return json({{"midimon_recording", kVersion},
               {"profile", recording.profile},
               {"mode", recording.mode},
               {"inputs", recording.inputs}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace midimon
