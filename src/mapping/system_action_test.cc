#include "mapping/system_action.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace midimon {
namespace {

TextTemplate text(std::string_view written) {
  auto parsed = TextTemplate::parse(written, {});
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed.value_or(TextTemplate{});
}

NumberTemplate number(std::string_view written) {
  NumberTemplate out;
  out.of_event = text(written).pieces.at(0).placeholder;
  return out;
}

NumberTemplate fixed(double value) {
  NumberTemplate out;
  out.fixed = value;
  return out;
}

// Of a press of C2.
EventValues press(int velocity) {
  return values_of({{}, NotePressed{2, 36, static_cast<std::uint8_t>(velocity)}});
}

template <typename Request>
Request request(const SystemAction& action, int velocity = 127) {
  return std::get<Request>(request_of(action, press(velocity)));
}

std::vector<std::uint8_t> bytes(SendMidi send, int velocity = 127) {
  return request<MidiRequest>({std::move(send), {}}, velocity).bytes;
}

TEST(RequestOf, PutsTheValuesOfTheEventInTheirPlaces) {
  EXPECT_EQ(request<TextRequest>({TypeText{text("{note_name}: {velocity:0..10}!")}, {}}, 64).text,
            "C2: 5!");
  EXPECT_EQ(request<LaunchRequest>({Launch{{text("x"), text("{note}"), text("")}}, {}}).argv,
            (std::vector<std::string>{"x", "36", ""}));
  const auto command =
      request<CommandRequest>({Command{{text("x")}, std::chrono::milliseconds(5)}, {}});
  EXPECT_EQ(command.timeout, std::chrono::milliseconds(5));
  EXPECT_EQ(command.argv, std::vector<std::string>{"x"});
}

TEST(RequestOf, AKeystrokeThatIsHeldGoesDownFirst) {
  const KeyChord chord = *parse_chord("ctrl+a");
  EXPECT_EQ(request<KeyRequest>({Keystroke{{chord}, false}, {}}).motion, KeyMotion::tap);
  EXPECT_EQ(request<KeyRequest>({Keystroke{{chord}, true}, {}}).motion, KeyMotion::down);
}

TEST(RequestOf, NumbersStayInTheirRange) {
  const MoveRequest move = request<MoveRequest>(
      {MouseMove{number("{velocity:-90000..90000}"), fixed(1e9), true}, {}}, 0);
  EXPECT_EQ(move.x, -32'767);
  EXPECT_EQ(move.y, 32'767);
  EXPECT_TRUE(move.relative);
  const VolumeControl set{VolumeOperation::set, number("{velocity:0..200}")};
  EXPECT_EQ(request<VolumeRequest>({set, {}}, 127).percent, 100);
  EXPECT_EQ(request<VolumeRequest>({set, {}}, 0).percent, 0);
}

TEST(RequestOf, MidiMessagesAreThoseOfTheWire) {
  const auto send = [](MidiKind kind, NumberTemplate first, NumberTemplate second) {
    return SendMidi{"", kind, 3, std::move(first), std::move(second), {}};
  };
  using Bytes = std::vector<std::uint8_t>;
  EXPECT_EQ(bytes(send(MidiKind::note_on, number("{note}"), number("{velocity}")), 99),
            (Bytes{0x93, 36, 99}));
  EXPECT_EQ(bytes(send(MidiKind::note_off, fixed(60), fixed(0))), (Bytes{0x83, 60, 0}));
  EXPECT_EQ(bytes(send(MidiKind::control, fixed(74), fixed(300))), (Bytes{0xB3, 74, 127}));
  EXPECT_EQ(bytes(send(MidiKind::program, fixed(5), {})), (Bytes{0xC3, 5}));
  EXPECT_EQ(bytes(send(MidiKind::pressure, {}, fixed(9))), (Bytes{0xD3, 9}));
  EXPECT_EQ(bytes(send(MidiKind::note_pressure, fixed(60), fixed(-9))), (Bytes{0xA3, 60, 0}));
  EXPECT_EQ(bytes(send(MidiKind::bend, {}, fixed(-8192))), (Bytes{0xE3, 0, 0}));
  EXPECT_EQ(bytes(send(MidiKind::bend, {}, fixed(0))), (Bytes{0xE3, 0, 0x40}));
  EXPECT_EQ(bytes(send(MidiKind::bend, {}, fixed(8191))), (Bytes{0xE3, 0x7F, 0x7F}));
  SendMidi sysex = send(MidiKind::sysex, {}, {});
  sysex.sysex = {0xF0, 1, 0xF7};
  EXPECT_EQ(bytes(sysex), (Bytes{0xF0, 1, 0xF7}));
}

TEST(SystemActionNames, AreAllThatItAsksTheEventFor) {
  const auto names = [](auto what) { return SystemAction{std::move(what), {}}.names(); };
  using Names = std::vector<ValueName>;
  EXPECT_EQ(names(TypeText{text("{note} {velocity}")}),
            (Names{ValueName::note, ValueName::velocity}));
  EXPECT_EQ(names(Command{{text("x"), text("{value}")}}), Names{ValueName::value});
  EXPECT_EQ(names(MouseMove{number("{value}"), number("{steps}"), true}),
            (Names{ValueName::value, ValueName::steps}));
  EXPECT_EQ(names(VolumeControl{VolumeOperation::set, number("{value}")}), Names{ValueName::value});
  EXPECT_EQ(names(SendMidi{"", MidiKind::note_on, 0, number("{note}"), number("{velocity}"), {}}),
            (Names{ValueName::note, ValueName::velocity}));
  EXPECT_EQ(names(MouseClick{}), Names{});
  EXPECT_EQ(names(Keystroke{{*parse_chord("a")}}), Names{});
}

TEST(DescribeSystemAction, IsInAFewWords) {
  const auto words = [](auto what) { return describe(SystemAction{std::move(what), {}}); };
  EXPECT_EQ(words(Keystroke{{*parse_chord("ctrl+s"), *parse_chord("a")}, true}),
            "keystroke ctrl+s a while held");
  EXPECT_EQ(words(TypeText{text("a {note:0..5}")}), "text \"a {note}\"");
  EXPECT_EQ(words(MouseClick{MouseButton::right, 2, std::pair(1, 2)}),
            "2 times right click at 1,2");
  EXPECT_EQ(words(MouseMove{number("{value}"), fixed(5), false}), "mouse to {value},5");
  EXPECT_EQ(words(Launch{{text("x"), text("a b"), text("")}}), "launch x \"a b\" \"\"");
  EXPECT_EQ(words(VolumeControl{VolumeOperation::set, number("{value}")}), "volume set {value}%");
  EXPECT_EQ(words(VolumeControl{VolumeOperation::toggle, {}}), "volume toggle mute");
  EXPECT_EQ(words(SendMidi{"Synth", MidiKind::program, 0, {}, {}, {}}),
            "MIDI program to \"Synth\"");
}

TEST(DescribeSystemAction, QuotesEndWhereTheWordDoes) {
  const auto words = [](auto what) { return describe(SystemAction{std::move(what), {}}); };
  EXPECT_EQ(words(Launch{{text("x"), text("say \"hi\"")}}), "launch x 'say \"hi\"'");
  EXPECT_EQ(words(Launch{{text("x"), text("it's")}}), "launch x \"it's\"");
  EXPECT_EQ(words(Launch{{text("it's \"a\"")}}), "launch 'it'\"'\"'s \"a\"'");
  EXPECT_EQ(words(Launch{{text("a\\b")}}), "launch 'a\\b'");
  EXPECT_EQ(words(TypeText{text("\" to \"x")}), "text '\" to \"x'");
  EXPECT_EQ(words(SendMidi{"a\"b", MidiKind::program, 0, {}, {}, {}}), "MIDI program to 'a\"b'");
  EXPECT_EQ(describe(SystemRequest{TextRequest{"\""}}), "text '\"'");
}

TEST(DescribeRequest, TellsWhatBecameOfTheValues) {
  EXPECT_EQ(describe(SystemRequest{KeyRequest{{*parse_chord("a")}, KeyMotion::up}}), "key up a");
  EXPECT_EQ(describe(SystemRequest{MoveRequest{-1, 2, true}}), "mouse by -1,2");
  EXPECT_EQ(describe(SystemRequest{VolumeRequest{VolumeOperation::down, 2.5}}), "volume down 2.5%");
  EXPECT_EQ(describe(SystemRequest{MidiRequest{"Synth", {0x90, 60, 1}}}),
            "MIDI 90 3C 01 to \"Synth\"");
  EXPECT_EQ(describe(SystemRequest{SilenceRequest{}}), "silence");
}

}  // namespace
}  // namespace midimon
