#include "mapping/system_action_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "mapping/names_toml.h"
#include "mapping/profile_keys.h"
#include "midi/note_name.h"

namespace midimon {
namespace {

constexpr std::int64_t kMaxCommandMs = 3'600'000;
constexpr std::size_t kMaxArguments = 256;
constexpr std::size_t kMaxSysexBytes = 4096;
constexpr double kPlainStep = 5;  // per cent, of a volume that goes up or down

// Reads one system action from its table; every member notes what is wrong there.
class SystemActionReader {
 public:
  SystemActionReader(TomlTable& table, Profile& profile) : table_(table), profile_(profile) {}

  std::optional<Action> read(std::string_view type);

 private:
  std::optional<Action> keystroke();
  std::optional<Action> text();
  std::optional<Action> mouse_click();
  std::optional<Action> mouse_move();
  std::optional<Action> launch();
  std::optional<Action> command();
  std::optional<Action> shell();
  std::optional<Action> volume();
  std::optional<Action> send_midi();
  std::optional<Action> sysex(SendMidi send);

  template <typename What>
  std::optional<Action> make(What what) {
    return Action{SystemAction{std::move(what), table_.pos()}};
  }
  std::optional<TextTemplate> text_of(std::string_view text, SourcePos pos);
  std::optional<std::vector<KeyChord>> chords();
  std::uint8_t modifiers();
  std::optional<std::vector<TextTemplate>> argv(Need need);
  // A number, or a placeholder alone. `fallback` where the key is missing and may be.
  std::optional<NumberTemplate> number(std::string_view key, double min, double max,
                                       std::optional<double> fallback);
  std::optional<NumberTemplate> note();

  TomlTable& table_;
  Profile& profile_;
};

std::optional<Action> SystemActionReader::read(std::string_view type) {
  using Read = std::optional<Action> (SystemActionReader::*)();
  static constexpr std::array<Read, kSystemTypes.size()> kReaders = {
      &SystemActionReader::keystroke,   &SystemActionReader::text,
      &SystemActionReader::mouse_click, &SystemActionReader::mouse_move,
      &SystemActionReader::launch,      &SystemActionReader::command,
      &SystemActionReader::shell,       &SystemActionReader::volume,
      &SystemActionReader::send_midi};
  const auto* at = std::find(kSystemTypes.begin(), kSystemTypes.end(), type);
  return (this->*kReaders[static_cast<std::size_t>(at - kSystemTypes.begin())])();
}

std::optional<TextTemplate> SystemActionReader::text_of(std::string_view text, SourcePos pos) {
  auto parsed = TextTemplate::parse(text, profile_.curves);
  if (parsed) return std::move(*parsed);
  table_.add_problem(pos, parsed.error().message);
  return std::nullopt;
}

std::uint8_t SystemActionReader::modifiers() {
  std::uint8_t bits = 0;
  const toml::array* names = table_.array("modifiers", Need::optional);
  if (names == nullptr) return bits;
  for (const toml::node& node : *names) {
    const auto name = as_line(node);
    const auto bit = name ? parse_modifier(*name) : std::nullopt;
    if (bit) {
      bits |= *bit;
    } else {
      table_.refuse("modifiers", node, "an array of \"ctrl\", \"shift\", \"alt\" and \"super\"");
    }
  }
  return bits;
}

// One chord, or an array of them that are pressed one after another.
std::optional<std::vector<KeyChord>> SystemActionReader::chords() {
  const toml::node* node = table_.find("keys", Need::required, "a key, or an array of keys");
  if (node == nullptr) return std::nullopt;
  const std::uint8_t held = modifiers();
  std::vector<KeyChord> out;
  bool good = true;
  const auto add = [&](const toml::node& one) {
    const auto text = as_line(one);
    if (!text) {
      table_.refuse("keys", one, "a key such as \"ctrl+s\", or an array of keys");
      good = false;
      return;
    }
    auto chord = parse_chord(*text);
    if (!chord) {
      table_.add_problem(pos_of(one), chord.error().message);
      good = false;
      return;
    }
    chord->modifiers |= held;
    out.push_back(*chord);
  };
  if (const auto* array = node->as_array()) {
    for (const toml::node& one : *array)
      add(one);
    if (array->empty() || array->size() > kMaxArguments) {
      table_.refuse("keys", *node, fmt::format("1 to {} keys", kMaxArguments));
      good = false;
    }
  } else {
    add(*node);
  }
  if (!good) return std::nullopt;
  return out;
}

std::optional<Action> SystemActionReader::keystroke() {
  const bool hold = table_.boolean("hold").value_or(false);
  auto keys = chords();
  if (!keys) return std::nullopt;
  return make(Keystroke{std::move(*keys), hold});
}

// Unlike other strings a text may hold line ends and tabs, which are keys.
std::optional<Action> SystemActionReader::text() {
  const toml::node* node = table_.find("text", Need::required, "a string");
  if (node == nullptr) return std::nullopt;
  const auto* string = node->as_string();
  const auto is_typed = [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7f : c == '\n' || c == '\t';
  };
  if (string == nullptr || string->get().empty() ||
      !std::all_of(string->get().begin(), string->get().end(), is_typed)) {
    table_.refuse("text", *node, "a string without control characters but line ends and tabs");
    return std::nullopt;
  }
  auto text = text_of(string->get(), pos_of(*node));
  if (!text) return std::nullopt;
  return make(TypeText{std::move(*text)});
}

std::optional<Action> SystemActionReader::mouse_click() {
  MouseClick click;
  click.button = static_cast<MouseButton>(read_word(table_, "button", kMouseButtons).value_or(0));
  click.count = static_cast<int>(table_.integer("count", 1, 3, Need::optional).value_or(1));
  const auto x = table_.integer("x", 0, 32'767, Need::optional);
  const auto y = table_.integer("y", 0, 32'767, Need::optional);
  if (x.has_value() != y.has_value()) {
    table_.add_problem(table_.pos(), "\"x\" and \"y\" go together");
  }
  if (x && y) click.at.emplace(static_cast<int>(*x), static_cast<int>(*y));
  return make(click);
}

// "x" and "y" are a place, "dx" and "dy" a way.
std::optional<Action> SystemActionReader::mouse_move() {
  constexpr double kFar = 32'767;
  const bool relative = table_.has("dx") || table_.has("dy");
  auto x = relative ? number("dx", -kFar, kFar, 0) : number("x", 0, kFar, std::nullopt);
  auto y = relative ? number("dy", -kFar, kFar, 0) : number("y", 0, kFar, std::nullopt);
  if (!x || !y) return std::nullopt;
  return make(MouseMove{std::move(*x), std::move(*y), relative});
}

std::optional<std::vector<TextTemplate>> SystemActionReader::argv(Need need) {
  const toml::array* array = table_.array("argv", need);
  if (array == nullptr) return std::nullopt;
  std::vector<TextTemplate> out;
  for (const toml::node& node : *array) {
    const auto* string = node.as_string();
    if (string == nullptr || string->get().find('\0') != std::string::npos) {
      table_.refuse("argv", node, "an array of strings: the program and its arguments");
      return std::nullopt;
    }
    auto argument = text_of(string->get(), pos_of(node));
    if (!argument) return std::nullopt;
    out.push_back(std::move(*argument));
  }
  if (out.empty() || out.size() > kMaxArguments || out.front().render({}).empty()) {
    table_.add_problem(
        table_.pos("argv"),
        fmt::format("\"argv\" begins with a program and has {} strings at most", kMaxArguments));
    return std::nullopt;
  }
  if (!out.front().pieces.empty()) {
    table_.add_problem(table_.pos("argv"), "which program runs is not up to the event");
    return std::nullopt;
  }
  return out;
}

// "app" is how earlier profiles write a program without arguments.
std::optional<Action> SystemActionReader::launch() {
  const auto app = table_.string("app", Need::optional);
  auto given = argv(app ? Need::optional : Need::required);
  if (app && given) {
    table_.add_problem(table_.pos("app"), "give \"app\" or \"argv\", not both");
    return std::nullopt;
  }
  if (app) {
    TextTemplate program;
    program.rest = *app;
    return make(Launch{{std::move(program)}});
  }
  if (!given) return std::nullopt;
  return make(Launch{std::move(*given)});
}

std::optional<Action> SystemActionReader::command() {
  Command command;
  auto given = argv(Need::required);
  if (const auto ms = table_.integer("timeout_ms", 1, kMaxCommandMs, Need::optional)) {
    command.timeout = std::chrono::milliseconds(*ms);
  }
  if (!given) return std::nullopt;
  command.argv = std::move(*given);
  return make(std::move(command));
}

// The argv form of a command line in which a shell would have nothing to do but split it.
std::optional<std::string> argv_form(std::string_view line) {
  if (line.find_first_of("|&;<>()$`\\\"'*?[]#~=%{}!\n") != std::string_view::npos) {
    return std::nullopt;
  }
  std::string out;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    if (end > 0) out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return out;
}

std::optional<Action> SystemActionReader::shell() {
  const auto line = table_.string("command", Need::required);
  if (!line) return std::nullopt;
  if (profile_.advanced.allow_shell) {
    Command command;
    for (const std::string_view argument :
         {std::string_view("/bin/sh"), std::string_view("-c"), std::string_view(*line)}) {
      command.argv.emplace_back().rest = argument;
    }
    return make(std::move(command));
  }
  const auto form = argv_form(*line);
  profile_.notes.push_back(
      {table_.pos(),
       fmt::format("this Shell action does not run: a shell takes whatever is written for a "
                   "command. {}",
                   form ? fmt::format("Write action = {{ type = \"Command\", argv = [{}] }}", *form)
                        : std::string("Write a Command with the program and its arguments as "
                                      "argv, or set allow_shell = true in "
                                      "[advanced_settings]"))});
  return Action{UnavailableAction{"Shell",
                                  "Shell actions need allow_shell = true in "
                                  "[advanced_settings]"}};
}

std::optional<Action> SystemActionReader::volume() {
  if (!table_.string("operation", Need::required)) return std::nullopt;
  const auto operation = read_word(table_, "operation", kVolumeWords);
  if (!operation) return std::nullopt;
  VolumeControl volume;
  volume.operation = static_cast<VolumeOperation>(*operation);
  const bool set = volume.operation == VolumeOperation::set;
  auto percent = number("value", 0, 100, set ? std::nullopt : std::optional(kPlainStep));
  if (!percent) return std::nullopt;
  volume.percent = std::move(*percent);
  return make(std::move(volume));
}

std::optional<NumberTemplate> SystemActionReader::number(std::string_view key, double min,
                                                         double max,
                                                         std::optional<double> fallback) {
  const std::string expected = fmt::format(
      "a number from {:g} to {:g}, or a value of the event such as "
      "\"{{value:{:g}..{:g}}}\"",
      min, max, min, max);
  const toml::node* node = table_.find(key, fallback ? Need::optional : Need::required, expected);
  NumberTemplate out;
  if (node == nullptr) {
    if (!fallback) return std::nullopt;
    out.fixed = *fallback;
    return out;
  }
  if (const auto value = node->value<double>(); value && !node->is_boolean()) {
    if (*value >= min && *value <= max) {
      out.fixed = *value;
      return out;
    }
  } else if (const auto* string = node->as_string()) {
    auto text = text_of(string->get(), pos_of(*node));
    if (!text) return std::nullopt;
    if (text->is_placeholder() && text->pieces.front().placeholder.name != ValueName::note_name) {
      out.of_event = std::move(text->pieces.front().placeholder);
      return out;
    }
  }
  table_.refuse(key, *node, expected);
  return std::nullopt;
}

// Its number, its name ("C4") or a value of the event.
std::optional<NumberTemplate> SystemActionReader::note() {
  const toml::node* node = table_.find("note", Need::required, "a note");
  const auto* string = node == nullptr ? nullptr : node->as_string();
  if (string != nullptr && !string->get().starts_with('{')) {
    if (const auto named = parse_note(string->get())) {
      NumberTemplate out;
      out.fixed = *named;
      return out;
    }
    table_.refuse("note", *node, "a note: 0 to 127, a name such as \"C4\", or \"{note}\"");
    return std::nullopt;
  }
  return number("note", 0, 127, std::nullopt);
}

std::optional<Action> SystemActionReader::sysex(SendMidi send) {
  const auto text = table_.string("bytes", Need::required, "bytes such as \"7E 7F 06 01\"");
  if (!text) return std::nullopt;
  send.sysex.push_back(0xF0);
  std::string_view rest = *text;
  bool good = true;
  while (good && !rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    unsigned byte = 0;
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + end, byte, 16);
    good = end == 0 || (error == std::errc() && stop == rest.data() + end && end <= 2);
    // Whoever writes the frame may.
    const bool frame = byte == 0xF0 || byte == 0xF7;
    good = good && (byte < 0x80 || frame);
    if (good && end > 0 && !frame) send.sysex.push_back(static_cast<std::uint8_t>(byte));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!good || send.sysex.size() < 2 || send.sysex.size() > kMaxSysexBytes) {
    table_.add_problem(table_.pos("bytes"),
                       fmt::format("\"bytes\" are up to {} bytes from 00 to 7F with blanks "
                                   "between, such as \"7E 7F 06 01\"",
                                   kMaxSysexBytes));
    return std::nullopt;
  }
  send.sysex.push_back(0xF7);
  return make(std::move(send));
}

// The names and keys are those of earlier profiles, in which channels count from 0.
std::optional<Action> SystemActionReader::send_midi() {
  struct Kind {
    std::string_view name;
    MidiKind kind;
  };
  static constexpr std::array kKinds = {Kind{"NoteOn", MidiKind::note_on},
                                        Kind{"NoteOff", MidiKind::note_off},
                                        Kind{"CC", MidiKind::control},
                                        Kind{"ControlChange", MidiKind::control},
                                        Kind{"ProgramChange", MidiKind::program},
                                        Kind{"PC", MidiKind::program},
                                        Kind{"PitchBend", MidiKind::bend},
                                        Kind{"PB", MidiKind::bend},
                                        Kind{"Aftertouch", MidiKind::pressure},
                                        Kind{"AT", MidiKind::pressure},
                                        Kind{"PolyAftertouch", MidiKind::note_pressure},
                                        Kind{"SysEx", MidiKind::sysex}};
  SendMidi send;
  send.port = table_.string("port", Need::optional).value_or("");
  const auto type = table_.string("message_type", Need::required);
  const auto channel = table_.integer("channel", 0, 15, Need::optional);
  send.channel = static_cast<int>(channel.value_or(0));
  if (!type) return std::nullopt;
  // "note_on", "note-on" and "noteon" are the same.
  const auto plain = [](std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c != '_' && c != '-') out += to_lower(c);
    }
    return out;
  };
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& kind) {
    return plain(kind.name) == plain(*type);
  });
  if (found == kKinds.end()) {
    std::vector<std::string_view> names;
    names.reserve(kKinds.size());
    for (const Kind& kind : kKinds)
      names.push_back(kind.name);
    table_.add_problem(
        table_.pos("message_type"),
        fmt::format("there is no message_type {}{}", in_quotes(*type), hint(*type, names)));
    return std::nullopt;
  }
  send.kind = found->kind;
  std::optional<NumberTemplate> first = NumberTemplate{};
  std::optional<NumberTemplate> second = NumberTemplate{};
  switch (send.kind) {
    case MidiKind::note_on:
    case MidiKind::note_off:
      first = note();
      second = number("velocity", 0, 127, send.kind == MidiKind::note_on ? 64 : 0);
      break;
    case MidiKind::control:
      first = number("controller", 0, 127, std::nullopt);
      second = number("value", 0, 127, std::nullopt);
      break;
    case MidiKind::program:
      first = number("program", 0, 127, std::nullopt);
      break;
    case MidiKind::bend:
      second = number("pitch", -8192, 8191, std::nullopt);
      break;
    case MidiKind::note_pressure:
      first = note();
      [[fallthrough]];
    case MidiKind::pressure:
      second = number("pressure", 0, 127, std::nullopt);
      break;
    case MidiKind::sysex:
      return sysex(std::move(send));
  }
  if (!first || !second) return std::nullopt;
  send.number = std::move(*first);
  send.value = std::move(*second);
  return make(std::move(send));
}

}  // namespace

std::optional<Action> read_system_action(std::string_view type, TomlTable& table,
                                         Profile& profile) {
  return SystemActionReader(table, profile).read(type);
}

}  // namespace midimon
