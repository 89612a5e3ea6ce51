#include "mapping/trigger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/units.h"
#include "midi/note_name.h"

namespace midimon {
namespace {

using Channel = std::optional<std::uint8_t>;

bool on_channel(const Channel& wanted, std::uint8_t channel) {
  return !wanted || *wanted == channel;
}

// Whether `value` is in the range, and came into it the way it should.
bool in_range(int value, int previous, int min, int max, Edge edge) {
  if (value < min || value > max) return false;
  return edge == Edge::none || (edge == Edge::rising ? previous < min : previous > max);
}

// What a trigger and a gesture that are about different things have in common: nothing.
template <typename T, typename What>
bool match(const T& /*trigger*/, const What& /*what*/, std::uint32_t /*named*/) {
  return false;
}

bool match(const NoteTrigger& t, const NotePressed& press, std::uint32_t /*named*/) {
  if (press.stage == (t.immediate ? Stage::settled : Stage::begun)) return false;
  return t.note == press.note && on_channel(t.channel, press.channel) &&
         press.velocity >= t.velocity_min && press.velocity <= t.velocity_max;
}
bool match(const ControlTrigger& t, const ControlChanged& change, std::uint32_t /*named*/) {
  return !t.wide && t.controller == change.controller && on_channel(t.channel, change.channel) &&
         in_range(change.value, change.previous, t.value_min, t.value_max, t.edge);
}
bool match(const ControlTrigger& t, const WideControlChanged& change, std::uint32_t /*named*/) {
  return t.wide && t.controller == change.controller && on_channel(t.channel, change.channel) &&
         in_range(change.value, change.previous, t.value_min, t.value_max, t.edge);
}
bool match(const ReleaseTrigger& t, const NoteReleased& release, std::uint32_t /*named*/) {
  return t.note == release.note && on_channel(t.channel, release.channel);
}
bool match(const HoldTrigger& t, const NoteHeld& held, std::uint32_t /*named*/) {
  return t.note == held.note && on_channel(t.channel, held.channel) && t.duration == held.duration;
}
bool match(const DoubleTapTrigger& t, const NoteDoubleTapped& tap, std::uint32_t /*named*/) {
  return t.note == tap.note && on_channel(t.channel, tap.channel) && tap.interval < t.timeout;
}
bool match(const ChordTrigger& t, const ChordPressed& chord, std::uint32_t named) {
  return chord.chord == named && on_channel(t.chord.channel, chord.channel);
}
bool match(const EncoderTrigger& t, const EncoderTurned& turn, std::uint32_t /*named*/) {
  if (t.direction != Direction::either &&
      (t.direction == Direction::clockwise) != (turn.steps > 0)) {
    return false;
  }
  return t.controller == turn.controller && on_channel(t.channel, turn.channel) &&
         t.encoding == turn.encoding;
}
bool match(const PressureTrigger& t, const PressureChanged& change, std::uint32_t /*named*/) {
  return !t.of_notes && on_channel(t.channel, change.channel) &&
         in_range(change.pressure, change.previous, t.min, t.max, t.edge);
}
bool match(const PressureTrigger& t, const NotePressureChanged& change, std::uint32_t /*named*/) {
  return t.of_notes && t.note.value_or(change.note) == change.note &&
         on_channel(t.channel, change.channel) &&
         in_range(change.pressure, change.previous, t.min, t.max, t.edge);
}
bool match(const BendTrigger& t, const BendChanged& change, std::uint32_t /*named*/) {
  return on_channel(t.channel, change.channel) &&
         in_range(change.value, change.previous, t.min, t.max, t.edge);
}
bool match(const ProgramTrigger& t, const ProgramChanged& change, std::uint32_t /*named*/) {
  return on_channel(t.channel, change.channel) &&
         t.program.value_or(change.program) == change.program;
}
bool match(const ParameterTrigger& t, const ParameterChanged& change, std::uint32_t /*named*/) {
  return t.parameter == change.parameter && t.registered == change.registered &&
         t.wide == change.wide && on_channel(t.channel, change.channel) && change.value >= t.min &&
         change.value <= t.max;
}
bool match(const SysexTrigger& /*t*/, const SysexReceived& sysex, std::uint32_t named) {
  return sysex.pattern == named;
}
bool match(const TransportTrigger& t, const TransportChanged& change, std::uint32_t /*named*/) {
  return t.what == change.what;
}
bool match(const BeatTrigger& t, const BeatReached& beat, std::uint32_t /*named*/) {
  return beat.number % t.every == t.offset;
}

std::string channel_words(const Channel& channel) {
  return channel ? fmt::format(", channel {}", *channel + 1) : "";
}

std::string range_words(std::string_view what, int min, int max, int lowest, int highest,
                        Edge edge = Edge::none) {
  std::string out;
  if (min > lowest || max < highest) {
    out = fmt::format(", {} {} to {}", what, std::max(min, lowest), max);
  }
  if (edge == Edge::rising) out += ", rising";
  if (edge == Edge::falling) out += ", falling";
  return out;
}

std::string words(const NoteTrigger& t) {
  return fmt::format("Note {}{}{}{}", note_name(t.note),
                     range_words("velocity", t.velocity_min, t.velocity_max, 1, 127),
                     channel_words(t.channel), t.immediate ? ", immediate" : "");
}
std::string words(const ControlTrigger& t) {
  return fmt::format(
      "CC {}{}{}{}", t.controller, t.wide ? ", 14 bits" : "",
      range_words("value", t.value_min, t.value_max, 0, t.wide ? 16383 : 127, t.edge),
      channel_words(t.channel));
}
std::string words(const ReleaseTrigger& t) {
  return fmt::format("NoteRelease {}{}", note_name(t.note), channel_words(t.channel));
}
std::string words(const HoldTrigger& t) {
  return fmt::format("LongPress {}, {}{}", note_name(t.note), format_duration(t.duration),
                     channel_words(t.channel));
}
std::string words(const DoubleTapTrigger& t) {
  return fmt::format("DoubleTap {}, within {}{}", note_name(t.note), format_duration(t.timeout),
                     channel_words(t.channel));
}
std::string words(const ChordTrigger& t) {
  std::string notes;
  for (const std::uint8_t note : t.chord.notes) {
    if (!notes.empty()) notes += ' ';
    notes += note_name(note);
  }
  return fmt::format("NoteChord {}, within {}{}", notes, format_duration(t.chord.timeout),
                     channel_words(t.chord.channel));
}
std::string words(const EncoderTrigger& t) {
  static constexpr std::array<std::string_view, 3> kDirections = {"", ", clockwise",
                                                                  ", counter-clockwise"};
  return fmt::format("EncoderTurn {}{}{}", t.controller,
                     kDirections[static_cast<std::size_t>(t.direction)], channel_words(t.channel));
}
std::string words(const PressureTrigger& t) {
  return fmt::format(
      "Aftertouch{}{}{}", t.of_notes ? (t.note ? " of " + note_name(*t.note) : " of any note") : "",
      range_words("pressure", t.min, t.max, 0, 127, t.edge), channel_words(t.channel));
}
std::string words(const BendTrigger& t) {
  return fmt::format("PitchBend{}{}", range_words("value", t.min, t.max, 0, 16383, t.edge),
                     channel_words(t.channel));
}
std::string words(const ProgramTrigger& t) {
  return fmt::format("ProgramChange {}{}", t.program ? std::to_string(*t.program) : "of any number",
                     channel_words(t.channel));
}
std::string words(const ParameterTrigger& t) {
  return fmt::format(
      "{} {}{}{}{}", t.registered ? "RPN" : "NRPN", t.parameter, t.wide ? ", 14 bits" : "",
      range_words("value", t.min, t.max, 0, t.wide ? 16383 : 127), channel_words(t.channel));
}
std::string words(const SysexTrigger& t) {
  return "SysEx " + t.pattern.text();
}
std::string words(const TransportTrigger& t) {
  static constexpr std::array<std::string_view, 3> kNames = {"Start", "Stop", "Continue"};
  return std::string(kNames[static_cast<std::size_t>(t.what)]);
}
std::string words(const BeatTrigger& t) {
  if (t.every == 1) return "Beat, each";
  return fmt::format("Beat, every {} from beat {} on", t.every, t.offset + 1);
}

bool channel_covers(const Channel& wide, const Channel& narrow) {
  return !wide || wide == narrow;
}

// A range with edges covers only one that is the same.
bool range_covers(int wide_min, int wide_max, Edge wide, int min, int max, Edge edge) {
  if (wide != Edge::none) return wide == edge && wide_min == min && wide_max == max;
  return wide_min <= min && wide_max >= max;
}

template <typename A, typename B>
bool cover(const A& /*wide*/, const B& /*narrow*/) {
  return false;
}
bool cover(const NoteTrigger& a, const NoteTrigger& b) {
  return a.note == b.note && channel_covers(a.channel, b.channel) && a.immediate == b.immediate &&
         a.velocity_min <= b.velocity_min && a.velocity_max >= b.velocity_max;
}
bool cover(const ControlTrigger& a, const ControlTrigger& b) {
  return a.controller == b.controller && channel_covers(a.channel, b.channel) && a.wide == b.wide &&
         range_covers(a.value_min, a.value_max, a.edge, b.value_min, b.value_max, b.edge);
}
bool cover(const ReleaseTrigger& a, const ReleaseTrigger& b) {
  return a.note == b.note && channel_covers(a.channel, b.channel);
}
bool cover(const HoldTrigger& a, const HoldTrigger& b) {
  return a.note == b.note && channel_covers(a.channel, b.channel) && a.duration == b.duration;
}
bool cover(const DoubleTapTrigger& a, const DoubleTapTrigger& b) {
  return a.note == b.note && channel_covers(a.channel, b.channel) && a.timeout >= b.timeout;
}
bool cover(const ChordTrigger& a, const ChordTrigger& b) {
  return a.chord == b.chord;
}
bool cover(const EncoderTrigger& a, const EncoderTrigger& b) {
  return a.controller == b.controller && channel_covers(a.channel, b.channel) &&
         a.encoding == b.encoding &&
         (a.direction == Direction::either || a.direction == b.direction);
}
bool cover(const PressureTrigger& a, const PressureTrigger& b) {
  return a.of_notes == b.of_notes && (!a.note || a.note == b.note) &&
         channel_covers(a.channel, b.channel) &&
         range_covers(a.min, a.max, a.edge, b.min, b.max, b.edge);
}
bool cover(const BendTrigger& a, const BendTrigger& b) {
  return channel_covers(a.channel, b.channel) &&
         range_covers(a.min, a.max, a.edge, b.min, b.max, b.edge);
}
bool cover(const ProgramTrigger& a, const ProgramTrigger& b) {
  return (!a.program || a.program == b.program) && channel_covers(a.channel, b.channel);
}
bool cover(const ParameterTrigger& a, const ParameterTrigger& b) {
  return a.parameter == b.parameter && a.registered == b.registered && a.wide == b.wide &&
         channel_covers(a.channel, b.channel) && a.min <= b.min && a.max >= b.max;
}
bool cover(const SysexTrigger& a, const SysexTrigger& b) {
  return a.pattern == b.pattern;
}
bool cover(const TransportTrigger& a, const TransportTrigger& b) {
  return a.what == b.what;
}
bool cover(const BeatTrigger& a, const BeatTrigger& b) {
  return b.every % a.every == 0 && b.offset % a.every == a.offset;
}

}  // namespace

bool matches(const Trigger& trigger, const Gesture& gesture, std::uint32_t named) {
  return std::visit([named](const auto& t, const auto& what) { return match(t, what, named); },
                    trigger, gesture.what);
}

std::string describe(const Trigger& trigger) {
  return std::visit([](const auto& t) { return words(t); }, trigger);
}

bool covers(const Trigger& wide, const Trigger& narrow) {
  return std::visit([](const auto& a, const auto& b) { return cover(a, b); }, wide, narrow);
}

}  // namespace midimon
