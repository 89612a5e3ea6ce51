#include "mapping/system_action.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <type_traits>

namespace midimon {
namespace {

constexpr std::array<std::string_view, 6> kVolumes = {"up",   "down",   "set",
                                                      "mute", "unmute", "toggle mute"};
constexpr std::array<std::string_view, 8> kMidiKinds = {
    "note on", "note off", "control", "program", "bend", "pressure", "note pressure", "sysex"};

template <typename Enum, std::size_t kSize>
std::string_view word(const std::array<std::string_view, kSize>& words, Enum value) {
  return words[static_cast<std::size_t>(value)];
}

bool has_percent(VolumeOperation operation) {
  return operation == VolumeOperation::up || operation == VolumeOperation::down ||
         operation == VolumeOperation::set;
}

int whole(const NumberTemplate& number, const EventValues& values, int low, int high) {
  return static_cast<int>(std::lround(
      std::clamp(number.value(values), static_cast<double>(low), static_cast<double>(high))));
}

std::vector<std::string> render(const std::vector<TextTemplate>& argv, const EventValues& values) {
  std::vector<std::string> out;
  out.reserve(argv.size());
  for (const TextTemplate& argument : argv)
    out.push_back(argument.render(values));
  return out;
}

// One message as it goes over the wire (MIDI 1.0 Detailed Specification, table 1).
std::vector<std::uint8_t> bytes_of(const SendMidi& send, const EventValues& values) {
  if (send.kind == MidiKind::sysex) return send.sysex;
  const auto status = [&](int kind) { return static_cast<std::uint8_t>(kind | send.channel); };
  const auto number = static_cast<std::uint8_t>(whole(send.number, values, 0, 127));
  const auto value = static_cast<std::uint8_t>(whole(send.value, values, 0, 127));
  switch (send.kind) {
    case MidiKind::note_on:
      return {status(0x90), number, value};
    case MidiKind::note_off:
      return {status(0x80), number, value};
    case MidiKind::control:
      return {status(0xB0), number, value};
    case MidiKind::program:
      return {status(0xC0), number};
    case MidiKind::pressure:
      return {status(0xD0), value};
    case MidiKind::note_pressure:
      return {status(0xA0), number, value};
    default: {  // bend
      const int bend = whole(send.value, values, -8192, 8191) + 8192;
      return {status(0xE0), static_cast<std::uint8_t>(bend & 0x7F),
              static_cast<std::uint8_t>(bend >> 7)};
    }
  }
}

struct RequestOf {
  const EventValues& values;

  SystemRequest operator()(const Keystroke& keys) const {
    return KeyRequest{keys.chords, keys.hold ? KeyMotion::down : KeyMotion::tap};
  }
  SystemRequest operator()(const TypeText& text) const {
    return TextRequest{text.text.render(values)};
  }
  SystemRequest operator()(const MouseClick& click) const { return click; }
  SystemRequest operator()(const MouseMove& move) const {
    constexpr int kFar = 32'767;  // of an X screen
    return MoveRequest{whole(move.x, values, -kFar, kFar), whole(move.y, values, -kFar, kFar),
                       move.relative};
  }
  SystemRequest operator()(const Launch& launch) const {
    return LaunchRequest{render(launch.argv, values)};
  }
  SystemRequest operator()(const Command& command) const {
    return CommandRequest{render(command.argv, values), command.timeout};
  }
  SystemRequest operator()(const VolumeControl& volume) const {
    return VolumeRequest{volume.operation, std::clamp(volume.percent.value(values), 0.0, 100.0)};
  }
  SystemRequest operator()(const SendMidi& send) const {
    return MidiRequest{send.port, bytes_of(send, values)};
  }
};

void add_names(const TextTemplate& text, std::vector<ValueName>& out) {
  for (const TextTemplate::Piece& piece : text.pieces)
    out.push_back(piece.placeholder.name);
}
void add_names(const NumberTemplate& number, std::vector<ValueName>& out) {
  if (number.of_event) out.push_back(number.of_event->name);
}
void add_names(const std::vector<TextTemplate>& argv, std::vector<ValueName>& out) {
  for (const TextTemplate& argument : argv)
    add_names(argument, out);
}

std::string join(const std::vector<KeyChord>& chords) {
  std::string out;
  for (const KeyChord& chord : chords)
    out += (out.empty() ? "" : " ") + to_text(chord);
  return out;
}

// In quotes that end where the text does: as a shell takes it, and without backslashes, which are
// doubled where a text is shown.
std::string in_shell_quotes(const std::string& text) {
  if (text.find_first_of("\"\\") == std::string::npos) return fmt::format("\"{}\"", text);
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\"'\"'";
    } else {
      out += c;
    }
  }
  return out + "'";
}

// A word as it would be typed.
std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_of(" \t\n\"'\\") == std::string::npos;
  return plain ? word : in_shell_quotes(word);
}

std::string join(const std::vector<TextTemplate>& argv) {
  std::string out;
  for (const TextTemplate& argument : argv)
    out += (out.empty() ? "" : " ") + quoted(argument.describe());
  return out;
}

std::string join(const std::vector<std::string>& argv) {
  std::string out;
  for (const std::string& argument : argv)
    out += (out.empty() ? "" : " ") + quoted(argument);
  return out;
}

std::string to_text(const NumberTemplate& number) {
  if (!number.of_event) return fmt::format("{:g}", number.fixed);
  return fmt::format("{{{}}}", word(kValueNames, number.of_event->name));
}

std::string percent_of(VolumeOperation operation, const std::string& percent) {
  return has_percent(operation) ? " " + percent + "%" : "";
}

std::string place_of(const MouseClick& click) {
  return click.at ? fmt::format(" at {},{}", click.at->first, click.at->second) : "";
}

struct DescribeAction {
  std::string operator()(const Keystroke& keys) const {
    return fmt::format("keystroke {}{}", join(keys.chords), keys.hold ? " while held" : "");
  }
  std::string operator()(const TypeText& text) const {
    return "text " + in_shell_quotes(text.text.describe());
  }
  std::string operator()(const MouseClick& click) const {
    return fmt::format("{}{} click{}",
                       click.count == 1 ? "" : fmt::format("{} times ", click.count),
                       word(kMouseButtons, click.button), place_of(click));
  }
  std::string operator()(const MouseMove& move) const {
    return fmt::format("mouse {} {},{}", move.relative ? "by" : "to", to_text(move.x),
                       to_text(move.y));
  }
  std::string operator()(const Launch& launch) const { return "launch " + join(launch.argv); }
  std::string operator()(const Command& command) const { return "command " + join(command.argv); }
  std::string operator()(const VolumeControl& volume) const {
    return fmt::format("volume {}{}", word(kVolumes, volume.operation),
                       percent_of(volume.operation, to_text(volume.percent)));
  }
  std::string operator()(const SendMidi& send) const {
    return fmt::format("MIDI {}{}", word(kMidiKinds, send.kind),
                       send.port.empty() ? "" : " to " + in_shell_quotes(send.port));
  }
};

struct DescribeRequest {
  std::string operator()(const KeyRequest& keys) const {
    constexpr std::array<std::string_view, 3> kMotions = {"keystroke", "key down", "key up"};
    return fmt::format("{} {}", word(kMotions, keys.motion), join(keys.chords));
  }
  std::string operator()(const TextRequest& text) const {
    return "text " + in_shell_quotes(text.text);
  }
  std::string operator()(const MouseClick& click) const { return DescribeAction{}(click); }
  std::string operator()(const MoveRequest& move) const {
    return fmt::format("mouse {} {},{}", move.relative ? "by" : "to", move.x, move.y);
  }
  std::string operator()(const LaunchRequest& launch) const {
    return "launch " + join(launch.argv);
  }
  std::string operator()(const CommandRequest& command) const {
    return "command " + join(command.argv);
  }
  std::string operator()(const VolumeRequest& volume) const {
    return fmt::format("volume {}{}", word(kVolumes, volume.operation),
                       percent_of(volume.operation, fmt::format("{:g}", volume.percent)));
  }
  std::string operator()(const MidiRequest& midi) const {
    return fmt::format("MIDI {:02X}{}", fmt::join(midi.bytes, " "),
                       midi.port.empty() ? "" : " to " + in_shell_quotes(midi.port));
  }
  std::string operator()(const SilenceRequest& /*silence*/) const { return "silence"; }
};

}  // namespace

double NumberTemplate::value(const EventValues& values) const {
  if (!of_event) return fixed;
  const std::string text = of_event->render(values);
  double number = fixed;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::vector<ValueName> SystemAction::names() const {
  std::vector<ValueName> out;
  std::visit(
      [&out](const auto& action) {
        if constexpr (requires { action.text; }) add_names(action.text, out);
        if constexpr (requires { action.argv; }) add_names(action.argv, out);
        if constexpr (requires { action.percent; }) add_names(action.percent, out);
        if constexpr (requires { action.x.of_event; }) {
          add_names(action.x, out);
          add_names(action.y, out);
        }
        if constexpr (requires { action.number; }) {
          add_names(action.number, out);
          add_names(action.value, out);
        }
      },
      what);
  return out;
}

SystemRequest request_of(const SystemAction& action, const EventValues& values) {
  return std::visit(RequestOf{values}, action.what);
}

std::string describe(const SystemAction& action) {
  return std::visit(DescribeAction{}, action.what);
}

std::string describe(const SystemRequest& request) {
  return std::visit(DescribeRequest{}, request);
}

}  // namespace midimon
