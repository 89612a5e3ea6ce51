#include "mapping/system_action_toml.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "mapping/profile_toml.h"

namespace midimon {
namespace {

std::string profile(const std::string& action, const std::string& trigger, bool shell) {
  return std::string(shell ? "[advanced_settings]\nallow_shell = true\n" : "") +
         "[[global_mappings]]\ntrigger = { " + trigger + " }\naction = { " + action + " }\n";
}

Profile read(const std::string& action, bool shell = false) {
  auto parsed = parse_profile(profile(action, R"(type = "Note", note = 36)", shell), "p.toml");
  if (!parsed) throw std::runtime_error(parsed.error().message);
  return std::move(*parsed);
}

template <typename What>
What action(const std::string& written, bool shell = false) {
  const Profile parsed = read(written, shell);
  const auto& system = std::get<SystemAction>(parsed.global_mappings.at(0).action.what);
  return std::get<What>(system.what);
}

// What is wrong, without the place.
std::string error_of(const std::string& action) {
  const auto parsed =
      parse_profile(profile(action, R"(type = "Note", note = 36)", false), "p.toml");
  if (parsed) return "no error";
  std::string out;
  std::string_view rest = parsed.error().message;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    out.append(out.empty() ? "" : "\n").append(line.substr(line.find(": ") + 2));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

#define EXPECT_REFUSED(written, part) EXPECT_TRUE(has(error_of(written), part)) << error_of(written)

TEST(KeystrokeToml, IsOneChordOrSeveral) {
  const auto one = action<Keystroke>(R"(type = "Keystroke", keys = "ctrl+s")");
  EXPECT_EQ(one.chords, std::vector<KeyChord>{*parse_chord("ctrl+s")});
  EXPECT_FALSE(one.hold);
  const auto several = action<Keystroke>(
      R"(type = "Keystroke", keys = ["a", "+"], modifiers = ["cmd", "Shift"], hold = true)");
  EXPECT_EQ(several.chords,
            (std::vector<KeyChord>{*parse_chord("super+shift+a"), *parse_chord("super+shift++")}));
  EXPECT_TRUE(several.hold);
}

TEST(KeystrokeToml, RefusesWhatIsNoKey) {
  EXPECT_REFUSED(R"(type = "Keystroke")", "keys");
  EXPECT_REFUSED(R"(type = "Keystroke", keys = 5)", "a key such as");
  EXPECT_REFUSED(R"(type = "Keystroke", keys = [])", "1 to 256 keys");
  EXPECT_REFUSED(R"(type = "Keystroke", keys = ["a", 1])", "a key such as");
  EXPECT_REFUSED(R"(type = "Keystroke", keys = "spcae")", "did you mean \"space\"?");
  EXPECT_REFUSED(R"(type = "Keystroke", keys = "a", modifiers = ["hyper"])",
                 "an array of \"ctrl\", \"shift\", \"alt\" and \"super\"");
  EXPECT_REFUSED(R"(type = "Keystroke", keys = "a", modifiers = "ctrl")", "modifiers");
  EXPECT_REFUSED(R"(type = "Keystroke", keys = "a", hold = 1)", "hold");
  EXPECT_REFUSED(R"(type = "Keystroke", keys = "a", holdd = true)", "did you mean \"hold\"?");
}

TEST(TextToml, MayHaveLineEndsAndTabsAndNoOtherControlCharacters) {
  EXPECT_EQ(action<TypeText>(R"(type = "Text", text = "a\tö\n")").text.render({}), "a\tö\n");
  EXPECT_REFUSED(R"(type = "Text")", "text");
  EXPECT_REFUSED(R"(type = "Text", text = "")", "without control characters");
  EXPECT_REFUSED(R"(type = "Text", text = 5)", "without control characters");
  EXPECT_REFUSED(R"(type = "Text", text = "a\u001b[0m")", "without control characters");
  EXPECT_REFUSED(R"(type = "Text", text = "{velocty}")", "velocity");
  EXPECT_REFUSED(R"(type = "Text", text = "{steps}")", "has no {steps}");
}

TEST(MouseClickToml, IsLeftAndOnceUnlessItSaysSo) {
  const auto plain = action<MouseClick>(R"(type = "MouseClick")");
  EXPECT_EQ(plain.button, MouseButton::left);
  EXPECT_EQ(plain.count, 1);
  EXPECT_FALSE(plain.at);
  const auto click =
      action<MouseClick>(R"(type = "MouseClick", button = "middle", count = 3, x = 1, y = 2)");
  EXPECT_EQ(click.button, MouseButton::middle);
  EXPECT_EQ(click.count, 3);
  EXPECT_EQ(click.at, std::pair(1, 2));
  EXPECT_REFUSED(R"(type = "MouseClick", button = "lft")", "left");
  EXPECT_REFUSED(R"(type = "MouseClick", count = 4)", "count");
  EXPECT_REFUSED(R"(type = "MouseClick", x = 1)", "\"x\" and \"y\" go together");
  EXPECT_REFUSED(R"(type = "MouseClick", x = -1, y = 0)", "x");
}

TEST(MouseMoveToml, IsToAPlaceOrByAWay) {
  const auto to = action<MouseMove>(R"(type = "MouseMove", x = "{velocity:0..100}", y = 5)");
  EXPECT_FALSE(to.relative);
  EXPECT_TRUE(to.x.of_event);
  EXPECT_EQ(to.y.fixed, 5);
  const auto by = action<MouseMove>(R"(type = "MouseMove", dy = -5)");
  EXPECT_TRUE(by.relative);
  EXPECT_EQ(by.x.fixed, 0);
  EXPECT_EQ(by.y.fixed, -5);
  EXPECT_REFUSED(R"(type = "MouseMove", x = 5)", "\"y\"");
  EXPECT_REFUSED(R"(type = "MouseMove", x = -5, y = 0)", "a number from 0 to 32767");
  EXPECT_REFUSED(R"(type = "MouseMove", dx = 1, x = 5)", "x");
  EXPECT_REFUSED(R"(type = "MouseMove", dx = true)", "a number from -32767");
  EXPECT_REFUSED(R"(type = "MouseMove", dx = "{note_name}")", "a number from -32767");
  EXPECT_REFUSED(R"(type = "MouseMove", dx = "by {note}")", "a number from -32767");
}

TEST(LaunchToml, IsAnAppOrAnArgv) {
  EXPECT_EQ(action<Launch>(R"(type = "Launch", app = "obs")").argv.size(), 1U);
  EXPECT_EQ(action<Launch>(R"(type = "Launch", argv = ["a", "", "{note}"])").argv.size(), 3U);
  EXPECT_REFUSED(R"(type = "Launch")", "argv");
  EXPECT_REFUSED(R"(type = "Launch", app = "a", argv = ["b"])",
                 "give \"app\" or \"argv\", not both");
  EXPECT_REFUSED(R"(type = "Launch", argv = [])", "begins with a program");
  EXPECT_REFUSED(R"(type = "Launch", argv = ["", "a"])", "begins with a program");
  EXPECT_REFUSED(R"(type = "Launch", argv = ["a", 1])", "an array of strings");
  EXPECT_REFUSED(R"(type = "Launch", argv = ["a\u0000b"])", "an array of strings");
  EXPECT_REFUSED(R"(type = "Launch", argv = ["run-{note}"])",
                 "which program runs is not up to the event");
  EXPECT_REFUSED(R"(type = "Launch", argv = ["a", "{steps}"])", "has no {steps}");
}

TEST(CommandToml, HasATimeout) {
  EXPECT_EQ(action<Command>(R"(type = "Command", argv = ["a"])").timeout, std::chrono::seconds(10));
  EXPECT_EQ(action<Command>(R"(type = "Command", argv = ["a"], timeout_ms = 5)").timeout,
            std::chrono::milliseconds(5));
  EXPECT_REFUSED(R"(type = "Command")", "argv");
  EXPECT_REFUSED(R"(type = "Command", argv = ["a"], timeout_ms = 0)", "timeout_ms");
  EXPECT_REFUSED(R"(type = "Command", argv = ["a"], timeout_ms = 3600001)", "timeout_ms");
}

TEST(ShellToml, RunsOnlyWhereTheProfileAllowsIt) {
  const auto command = action<Command>(R"(type = "Shell", command = "date >> log {x}")", true);
  ASSERT_EQ(command.argv.size(), 3U);
  EXPECT_EQ(command.argv[0].render({}), "/bin/sh");
  EXPECT_EQ(command.argv[1].render({}), "-c");
  EXPECT_EQ(command.argv[2].render({}), "date >> log {x}") << "as it is written";
  EXPECT_REFUSED(R"(type = "Shell")", "command");
}

TEST(ShellToml, IsNotedWithTheArgvFormWhereThereIsOne) {
  const Profile plain = read(R"(type = "Shell", command = "git  commit -a")");
  ASSERT_EQ(plain.notes.size(), 1U);
  EXPECT_TRUE(has(plain.notes[0].text,
                  R"(Write action = { type = "Command", argv = ["git", "commit", "-a"] })"))
      << plain.notes[0].text;
  EXPECT_EQ(std::get<UnavailableAction>(plain.global_mappings[0].action.what).type, "Shell");
  const Profile piped = read(R"(type = "Shell", command = "date | cat")");
  EXPECT_TRUE(has(piped.notes.at(0).text, "or set allow_shell = true")) << piped.notes[0].text;
}

TEST(VolumeToml, GoesByFivePerCentUnlessItSaysSo) {
  const auto up = action<VolumeControl>(R"(type = "VolumeControl", operation = "Up")");
  EXPECT_EQ(up.operation, VolumeOperation::up);
  EXPECT_EQ(up.percent.fixed, 5);
  const auto set = action<VolumeControl>(
      R"(type = "VolumeControl", operation = "Set", value = "{velocity:0..100}")");
  EXPECT_TRUE(set.percent.of_event);
  EXPECT_EQ(action<VolumeControl>(R"(type = "VolumeControl", operation = "Toggle")").operation,
            VolumeOperation::toggle);
  EXPECT_REFUSED(R"(type = "VolumeControl")", "operation");
  EXPECT_REFUSED(R"(type = "VolumeControl", operation = "Loud")", "Up");
  EXPECT_REFUSED(R"(type = "VolumeControl", operation = "Set")", "a number from 0 to 100");
  EXPECT_REFUSED(R"(type = "VolumeControl", operation = "Set", value = 101)",
                 "a number from 0 to 100");
}

TEST(SendMidiToml, KnowsEachMessageByItsNames) {
  const auto kind = [](const std::string& rest) {
    return action<SendMidi>(R"(type = "SendMidi", message_type = )" + rest).kind;
  };
  EXPECT_EQ(kind(R"("note_on", note = "C4")"), MidiKind::note_on);
  EXPECT_EQ(kind(R"("Note-Off", note = 60)"), MidiKind::note_off);
  EXPECT_EQ(kind(R"("CC", controller = 1, value = 2)"), MidiKind::control);
  EXPECT_EQ(kind(R"("control_change", controller = 1, value = 2)"), MidiKind::control);
  EXPECT_EQ(kind(R"("PC", program = 1)"), MidiKind::program);
  EXPECT_EQ(kind(R"("PB", pitch = -8192)"), MidiKind::bend);
  EXPECT_EQ(kind(R"("AT", pressure = 1)"), MidiKind::pressure);
  EXPECT_EQ(kind(R"("PolyAftertouch", note = 1, pressure = 1)"), MidiKind::note_pressure);
  const auto sysex =
      action<SendMidi>(R"(type = "SendMidi", message_type = "SysEx", bytes = "7E  7F 06 1")");
  EXPECT_EQ(sysex.sysex, (std::vector<std::uint8_t>{0xF0, 0x7E, 0x7F, 6, 1, 0xF7}));
  const auto on = action<SendMidi>(
      R"(type = "SendMidi", message_type = "NoteOn", note = "{note}", port = "Pad", channel = 15)");
  EXPECT_EQ(on.port, "Pad");
  EXPECT_EQ(on.channel, 15);
  EXPECT_TRUE(on.number.of_event);
  EXPECT_EQ(on.value.fixed, 64);
}

TEST(SendMidiToml, RefusesWhatIsNoMessage) {
  const auto refused = [](const std::string& rest) {
    return error_of(R"(type = "SendMidi", )" + rest);
  };
  EXPECT_TRUE(has(refused("channel = 1"), "message_type"));
  EXPECT_TRUE(has(refused(R"(message_type = "NotOn")"), "did you mean \"NoteOn\"?"));
  EXPECT_TRUE(has(refused(R"(message_type = "NoteOn")"), "note"));
  EXPECT_TRUE(has(refused(R"(message_type = "NoteOn", note = "H9")"), "a note: 0 to 127"));
  EXPECT_TRUE(has(refused(R"(message_type = "NoteOn", note = 128)"), "0 to 127"));
  EXPECT_TRUE(has(refused(R"(message_type = "NoteOn", note = 1, velocity = 128)"), "0 to 127"));
  EXPECT_TRUE(has(refused(R"(message_type = "NoteOn", note = 1, channel = 16)"), "channel"));
  EXPECT_TRUE(has(refused(R"(message_type = "CC", controller = 1)"), "value"));
  EXPECT_TRUE(has(refused(R"(message_type = "PC")"), "program"));
  EXPECT_TRUE(has(refused(R"(message_type = "PB", pitch = 8192)"), "-8192 to 8191"));
  EXPECT_TRUE(has(refused(R"(message_type = "AT")"), "pressure"));
  EXPECT_TRUE(has(refused(R"(message_type = "SysEx")"), "bytes"));
  for (const char* bytes : {"80", "7E 7F F8", "xyz", "123", "F0 F7", " "}) {
    EXPECT_TRUE(
        has(refused(std::string(R"(message_type = "SysEx", bytes = ")") + bytes + "\""), "bytes"))
        << bytes;
  }
}

}  // namespace
}  // namespace midimon
