#include "mapping/trigger_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mapping/names_toml.h"
#include "mapping/profile_keys.h"

namespace midimon {
namespace {

constexpr std::int64_t kMaxMs = 60'000;
constexpr std::int64_t kWideMax = 16383;

template <typename To>
std::optional<To> narrow(std::optional<std::int64_t> number) {
  return number ? std::optional(static_cast<To>(*number)) : std::nullopt;
}

// Reads one trigger, whose type is known. The keys are literals, because the table keeps views.
class TriggerReader {
 public:
  TriggerReader(TomlTable& table, const AdvancedSettings& settings)
      : table_(table), settings_(settings) {}

  std::optional<Trigger> read(std::string_view type);

 private:
  using Read = std::optional<Trigger> (TriggerReader::*)();
  struct Row {
    std::string_view type;
    Read read;
  };
  friend std::span<const std::string_view> trigger_types();
  static std::span<const Row> rows();

  std::optional<Trigger> note();
  std::optional<Trigger> velocity_range();
  std::optional<Trigger> long_press();
  std::optional<Trigger> double_tap();
  std::optional<Trigger> chord();
  std::optional<Trigger> release();
  std::optional<Trigger> encoder();
  std::optional<Trigger> control();
  std::optional<Trigger> pressure();
  std::optional<Trigger> bend();
  std::optional<Trigger> program();
  std::optional<Trigger> nrpn() { return parameter(false); }
  std::optional<Trigger> rpn() { return parameter(true); }
  std::optional<Trigger> parameter(bool registered);
  std::optional<Trigger> sysex();
  std::optional<Trigger> start() { return TransportTrigger{Transport::start}; }
  std::optional<Trigger> stop() { return TransportTrigger{Transport::stop}; }
  std::optional<Trigger> resume() { return TransportTrigger{Transport::resume}; }
  std::optional<Trigger> beat();

  std::optional<std::uint8_t> note_number(Need need);
  std::optional<std::uint8_t> channel();
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t max) {
    return table_.integer(key, 0, max, Need::optional);
  }
  // `key`, or what earlier profiles call it.
  Nanos milliseconds(std::string_view key, std::string_view earlier, Nanos otherwise);
  Edge edge();
  void check_order(std::string_view min_key, std::string_view max_key, int min, int max);
  // Reads a range; where an edge is given and not the bound it is about, that is the middle.
  template <typename Value>
  void range(std::string_view min_key, std::string_view max_key, std::int64_t most, Edge edge,
             Value& min, Value& max);

  TomlTable& table_;
  const AdvancedSettings& settings_;
};

std::span<const TriggerReader::Row> TriggerReader::rows() {
  static constexpr std::array<Row, 18> kRows = {{
      {"Note", &TriggerReader::note},
      {"VelocityRange", &TriggerReader::velocity_range},
      {"LongPress", &TriggerReader::long_press},
      {"DoubleTap", &TriggerReader::double_tap},
      {"NoteChord", &TriggerReader::chord},
      {"NoteRelease", &TriggerReader::release},
      {"EncoderTurn", &TriggerReader::encoder},
      {"CC", &TriggerReader::control},
      {"Aftertouch", &TriggerReader::pressure},
      {"PitchBend", &TriggerReader::bend},
      {"ProgramChange", &TriggerReader::program},
      {"NRPN", &TriggerReader::nrpn},
      {"RPN", &TriggerReader::rpn},
      {"SysEx", &TriggerReader::sysex},
      {"Start", &TriggerReader::start},
      {"Stop", &TriggerReader::stop},
      {"Continue", &TriggerReader::resume},
      {"Beat", &TriggerReader::beat},
  }};
  return kRows;
}

std::span<const std::string_view> trigger_types() {
  static const std::vector<std::string_view> types = [] {
    std::vector<std::string_view> out;
    for (const auto& row : TriggerReader::rows())
      out.push_back(row.type);
    return out;
  }();
  return types;
}

std::optional<Trigger> TriggerReader::read(std::string_view type) {
  const auto all = rows();
  const auto row =
      std::find_if(all.begin(), all.end(), [type](const Row& each) { return each.type == type; });
  auto trigger = (this->*row->read)();
  table_.refuse_other_keys(names_of(trigger_tables(), type));
  return trigger;
}

std::optional<std::uint8_t> TriggerReader::note_number(Need need) {
  return read_note(table_, "note", need);
}

std::optional<std::uint8_t> TriggerReader::channel() {
  const auto channel = table_.integer("channel", 1, 16, Need::optional);
  return channel ? std::optional(static_cast<std::uint8_t>(*channel - 1)) : std::nullopt;
}

Nanos TriggerReader::milliseconds(std::string_view key, std::string_view earlier, Nanos otherwise) {
  auto ms = table_.integer(key, 1, kMaxMs, Need::optional);
  if (!ms) ms = table_.integer(earlier, 1, kMaxMs, Need::optional);
  return ms ? std::chrono::milliseconds(*ms) : otherwise;
}

Edge TriggerReader::edge() {
  const auto word = read_word(table_, "edge", kEdgeWords);
  if (!word) return Edge::none;
  return *word == 0 ? Edge::rising : Edge::falling;
}

void TriggerReader::check_order(std::string_view min_key, std::string_view max_key, int min,
                                int max) {
  if (min <= max) return;
  table_.add_problem(
      table_.pos(min_key),
      fmt::format("\"{}\" must not be above \"{}\", {} is above {}", min_key, max_key, min, max));
}

template <typename Value>
void TriggerReader::range(std::string_view min_key, std::string_view max_key, std::int64_t most,
                          Edge edge, Value& min, Value& max) {
  const auto middle = static_cast<Value>((most + 1) / 2);
  min = narrow<Value>(integer(min_key, most)).value_or(edge == Edge::rising ? middle : Value{0});
  max = narrow<Value>(integer(max_key, most))
            .value_or(static_cast<Value>(edge == Edge::falling ? middle - 1 : most));
  check_order(min_key, max_key, min, max);
}

std::optional<Trigger> TriggerReader::note() {
  NoteTrigger trigger;
  const auto number = note_number(Need::required);
  trigger.channel = channel();
  range("velocity_min", "velocity_max", 127, Edge::none, trigger.velocity_min,
        trigger.velocity_max);
  trigger.immediate = table_.boolean("immediate").value_or(false);
  if (!number) return std::nullopt;
  trigger.note = *number;
  return trigger;
}

// A Note whose range has a name.
std::optional<Trigger> TriggerReader::velocity_range() {
  NoteTrigger trigger;
  const auto number = note_number(Need::required);
  trigger.channel = channel();
  const auto soft_max = static_cast<int>(integer("soft_max", 127).value_or(40));
  const auto medium_max = static_cast<int>(integer("medium_max", 127).value_or(80));
  check_order("soft_max", "medium_max", soft_max, medium_max);
  const std::array<int, 4> bounds = {0, soft_max, medium_max, 127};
  const auto named = read_word(table_, "range", kRangeWords);
  const auto min = integer("velocity_min", 127);
  const auto max = integer("velocity_max", 127);
  const auto earlier_min = integer("min_velocity", 127);
  const auto earlier_max = integer("max_velocity", 127);
  const int low = named ? bounds[*named] + 1 : 0;
  const int high = named ? bounds[*named + 1] : 127;
  trigger.velocity_min = static_cast<std::uint8_t>(
      std::min<std::int64_t>(min.value_or(earlier_min.value_or(low)), 127));
  trigger.velocity_max = static_cast<std::uint8_t>(max.value_or(earlier_max.value_or(high)));
  check_order("velocity_min", "velocity_max", trigger.velocity_min, trigger.velocity_max);
  trigger.immediate = table_.boolean("immediate").value_or(false);
  if (!number) return std::nullopt;
  trigger.note = *number;
  return trigger;
}

std::optional<Trigger> TriggerReader::long_press() {
  const auto number = note_number(Need::required);
  const auto on = channel();
  const Nanos duration = milliseconds("duration_ms", "min_duration_ms", settings_.hold_threshold);
  if (!number) return std::nullopt;
  return HoldTrigger{*number, on, duration};
}

std::optional<Trigger> TriggerReader::double_tap() {
  const auto number = note_number(Need::required);
  const auto on = channel();
  const Nanos timeout = milliseconds("timeout_ms", "max_interval_ms", settings_.double_tap_timeout);
  if (!number) return std::nullopt;
  return DoubleTapTrigger{*number, on, timeout};
}

std::optional<Trigger> TriggerReader::chord() {
  constexpr std::size_t kMost = 16;
  const std::string expected = fmt::format("an array of 2 to {} different notes", kMost);
  ChordTrigger trigger;
  trigger.chord.channel = channel();
  trigger.chord.timeout = milliseconds("timeout_ms", "max_interval_ms", settings_.chord_timeout);
  const toml::array* notes = table_.array("notes", Need::required);
  if (notes == nullptr) return std::nullopt;
  std::vector<std::uint8_t>& numbers = trigger.chord.notes;
  for (const toml::node& node : *notes) {
    const auto number = note_in(node);
    if (!number) {
      table_.refuse("notes", node, fmt::format("{}, each {}", expected, kNoteExpected));
      return std::nullopt;
    }
    numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  const bool twice = std::adjacent_find(numbers.begin(), numbers.end()) != numbers.end();
  if (twice || numbers.size() < 2 || numbers.size() > kMost) {
    table_.refuse("notes", *notes, expected);
    return std::nullopt;
  }
  return trigger;
}

std::optional<Trigger> TriggerReader::release() {
  const auto number = note_number(Need::required);
  const auto on = channel();
  if (!number) return std::nullopt;
  return ReleaseTrigger{*number, on};
}

std::optional<Trigger> TriggerReader::encoder() {
  EncoderTrigger trigger;
  const auto number = narrow<std::uint8_t>(table_.integer("cc", 0, 127, Need::required));
  trigger.channel = channel();
  trigger.direction =
      static_cast<Direction>(read_word(table_, "direction", kDirectionWords).value_or(0));
  trigger.encoding =
      static_cast<Encoding>(read_word(table_, "encoding", kEncodingWords).value_or(0));
  trigger.acceleration =
      static_cast<int>(table_.integer("acceleration", 1, 64, Need::optional).value_or(1));
  if (!number) return std::nullopt;
  trigger.controller = *number;
  return trigger;
}

std::optional<Trigger> TriggerReader::control() {
  ControlTrigger trigger;
  trigger.wide = table_.boolean("high_resolution").value_or(false);
  const auto number =
      narrow<std::uint8_t>(table_.integer("cc", 0, trigger.wide ? 31 : 127, Need::required));
  trigger.channel = channel();
  trigger.edge = edge();
  range("value_min", "value_max", trigger.wide ? kWideMax : 127, trigger.edge, trigger.value_min,
        trigger.value_max);
  if (!number) return std::nullopt;
  trigger.controller = *number;
  return trigger;
}

std::optional<Trigger> TriggerReader::pressure() {
  PressureTrigger trigger;
  trigger.channel = channel();
  trigger.note = note_number(Need::optional);
  const auto kind = read_word(table_, "kind", kPressureWords);
  trigger.of_notes = kind ? *kind == 1 : trigger.note.has_value();
  if (trigger.note && !trigger.of_notes) {
    table_.add_problem(table_.pos("kind"),
                       "the pressure of a channel is of no note; leave out \"note\", or write "
                       "kind = \"poly\"");
  }
  trigger.edge = edge();
  range("pressure_min", "pressure_max", 127, trigger.edge, trigger.min, trigger.max);
  return trigger;
}

std::optional<Trigger> TriggerReader::bend() {
  BendTrigger trigger;
  trigger.channel = channel();
  trigger.edge = edge();
  range("value_min", "value_max", kWideMax, trigger.edge, trigger.min, trigger.max);
  return trigger;
}

std::optional<Trigger> TriggerReader::program() {
  ProgramTrigger trigger;
  trigger.program = narrow<std::uint8_t>(integer("program", 127));
  trigger.channel = channel();
  return trigger;
}

std::optional<Trigger> TriggerReader::parameter(bool registered) {
  ParameterTrigger trigger;
  const auto number =
      narrow<std::uint16_t>(table_.integer("parameter", 0, kWideMax - 1, Need::required));
  trigger.channel = channel();
  trigger.registered = registered;
  trigger.wide = table_.boolean("high_resolution").value_or(false);
  range("value_min", "value_max", trigger.wide ? kWideMax : 127, Edge::none, trigger.min,
        trigger.max);
  if (!number) return std::nullopt;
  trigger.parameter = *number;
  return trigger;
}

std::optional<Trigger> TriggerReader::sysex() {
  const auto text = table_.string("pattern", Need::required, "bytes such as \"7E ?? 06 01 *\"");
  if (!text) return std::nullopt;
  auto pattern = SysexPattern::parse(*text);
  if (pattern) return SysexTrigger{std::move(*pattern)};
  table_.add_problem(table_.pos("pattern"), pattern.error().message);
  return std::nullopt;
}

std::optional<Trigger> TriggerReader::beat() {
  const auto every = table_.integer("every", 1, 1024, Need::optional).value_or(1);
  const auto unit = read_word(table_, "unit", kBeatWords).value_or(0);
  const auto per_bar = table_.integer("beats_per_bar", 1, 64, Need::optional).value_or(4);
  BeatTrigger trigger;
  trigger.every = static_cast<std::uint32_t>(unit == 0 ? every : every * per_bar);
  trigger.offset = static_cast<std::uint32_t>(
      table_.integer("offset", 0, trigger.every - 1, Need::optional).value_or(0));
  return trigger;
}

constexpr std::array<std::string_view, 4> kGamepadTypes = {"GamepadButton", "GamepadButtonChord",
                                                           "GamepadAnalogStick", "GamepadTrigger"};

}  // namespace

bool is_gamepad_trigger(std::string_view type) {
  return std::find(kGamepadTypes.begin(), kGamepadTypes.end(), type) != kGamepadTypes.end();
}

std::optional<Trigger> read_trigger(const toml::table& source, const AdvancedSettings& settings,
                                    Problems& problems) {
  TomlTable table(source, "a trigger", problems);
  const auto type = read_type(table, "trigger", trigger_types());
  if (!type) return std::nullopt;
  return TriggerReader(table, settings).read(*type);
}

}  // namespace midimon
