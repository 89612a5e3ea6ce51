#include "events/gesture.h"

#include <fmt/format.h>

#include <string_view>

#include "base/units.h"
#include "midi/note_name.h"

namespace midimon {
namespace {

std::string on_channel(std::uint8_t channel) {
  return fmt::format("channel {}", channel + 1);
}

std::string describe(const NotePressed& press) {
  static constexpr std::string_view kStages[] = {"", " (not decided)", " (decided)"};
  return fmt::format("note {} pressed{}, velocity {}, {}", note_name(press.note),
                     kStages[static_cast<std::size_t>(press.stage)], press.velocity,
                     on_channel(press.channel));
}
std::string describe(const NoteReleased& release) {
  return fmt::format("note {} released, {}", note_name(release.note), on_channel(release.channel));
}
std::string describe(const NoteHeld& held) {
  return fmt::format("note {} held for {}, {}", note_name(held.note),
                     format_duration(held.duration), on_channel(held.channel));
}
std::string describe(const NoteDoubleTapped& tap) {
  return fmt::format("note {} tapped twice within {}, {}", note_name(tap.note),
                     format_duration(tap.interval), on_channel(tap.channel));
}
std::string describe(const ChordPressed& chord) {
  return fmt::format("chord pressed, velocity {}, {}", chord.velocity, on_channel(chord.channel));
}
std::string describe(const ControlChanged& change) {
  return fmt::format("CC {} from {} to {}, {}", change.controller, change.previous, change.value,
                     on_channel(change.channel));
}
std::string describe(const WideControlChanged& change) {
  return fmt::format("CC {} of 14 bits from {} to {}, {}", change.controller, change.previous,
                     change.value, on_channel(change.channel));
}
std::string describe(const EncoderTurned& turn) {
  return fmt::format("encoder {} turned by {:+}, {}", turn.controller, turn.steps,
                     on_channel(turn.channel));
}
std::string describe(const PressureChanged& change) {
  return fmt::format("pressure from {} to {}, {}", change.previous, change.pressure,
                     on_channel(change.channel));
}
std::string describe(const NotePressureChanged& change) {
  return fmt::format("pressure on note {} from {} to {}, {}", note_name(change.note),
                     change.previous, change.pressure, on_channel(change.channel));
}
std::string describe(const BendChanged& change) {
  return fmt::format("pitch bend from {} to {}, {}", change.previous, change.value,
                     on_channel(change.channel));
}
std::string describe(const ProgramChanged& change) {
  return fmt::format("program {}, {}", change.program, on_channel(change.channel));
}
std::string describe(const ParameterChanged& change) {
  return fmt::format("{} {} set to {}{}, {}", change.registered ? "RPN" : "NRPN", change.parameter,
                     change.value, change.wide ? " of 14 bits" : "", on_channel(change.channel));
}
std::string describe(const SysexReceived& sysex) {
  return fmt::format("sysex like pattern {}, value {}", sysex.pattern + 1, sysex.value);
}
std::string describe(const TransportChanged& change) {
  static constexpr std::string_view kNames[] = {"start", "stop", "continue"};
  return std::string(kNames[static_cast<std::size_t>(change.what)]);
}
std::string describe(const BeatReached& beat) {
  return fmt::format("beat {}", beat.number + 1);
}

template <typename What>
std::optional<int> velocity_in(const What& /*what*/) {
  return std::nullopt;
}
std::optional<int> velocity_in(const NotePressed& press) {
  return press.velocity;
}
std::optional<int> velocity_in(const NoteHeld& held) {
  return held.velocity;
}
std::optional<int> velocity_in(const NoteDoubleTapped& tap) {
  return tap.velocity;
}
std::optional<int> velocity_in(const ChordPressed& chord) {
  return chord.velocity;
}

}  // namespace

std::optional<int> velocity_of(const Gesture& gesture) {
  return std::visit([](const auto& what) { return velocity_in(what); }, gesture.what);
}

std::string describe(const Gesture& gesture) {
  return std::visit([](const auto& what) { return describe(what); }, gesture.what);
}

}  // namespace midimon
