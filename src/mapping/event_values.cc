#include "mapping/event_values.h"

#include <algorithm>

namespace midimon {
namespace {

constexpr int kWideMax = 16383;

// A press of one note, and all that can come of it.
template <typename OneNote>
requires requires(const OneNote& what) {
  what.note;
  what.velocity;
}
void put(EventValues& values, const OneNote& what) {
  values.note = what.note;
  values.channel = what.channel + 1;
  values.value = what.velocity;
}
void put(EventValues& values, const ChordPressed& chord) {
  values.channel = chord.channel + 1;
  values.value = chord.velocity;
}
void put(EventValues& values, const ControlChanged& change) {
  values.channel = change.channel + 1;
  values.value = change.value;
}
void put(EventValues& values, const WideControlChanged& change) {
  values.channel = change.channel + 1;
  values.value = change.value;
  values.value_max = kWideMax;
}
void put(EventValues& values, const EncoderTurned& turn) {
  values.channel = turn.channel + 1;
}
void put(EventValues& values, const PressureChanged& change) {
  values.channel = change.channel + 1;
  values.value = change.pressure;
}
void put(EventValues& values, const NotePressureChanged& change) {
  values.channel = change.channel + 1;
  values.note = change.note;
  values.value = change.pressure;
}
void put(EventValues& values, const BendChanged& change) {
  values.channel = change.channel + 1;
  values.value = change.value;
  values.value_max = kWideMax;
}
void put(EventValues& values, const ProgramChanged& change) {
  values.channel = change.channel + 1;
  values.value = change.program;
}
void put(EventValues& values, const ParameterChanged& change) {
  values.channel = change.channel + 1;
  values.value = change.value;
  if (change.wide) values.value_max = kWideMax;
}
void put(EventValues& values, const SysexReceived& sysex) {
  values.value = sysex.value;
}
void put(EventValues& /*values*/, const TransportChanged& /*change*/) {}
void put(EventValues& values, const BeatReached& beat) {
  values.value = static_cast<int>(std::min<std::uint32_t>(beat.number, 0x7FFFFFFF));
}

}  // namespace

std::optional<int> EventValues::get(ValueName name) const {
  switch (name) {
    case ValueName::velocity:
      return velocity;
    case ValueName::value:
      return value;
    case ValueName::note:
    case ValueName::note_name:
      return note;
    case ValueName::channel:
      return channel;
    case ValueName::steps:
      break;
  }
  return steps;
}

int accelerate(const EncoderTurned& turn, int acceleration) {
  constexpr Nanos kQuick = std::chrono::milliseconds(50);
  const Nanos interval = std::max(turn.interval, Nanos(1));
  const auto times = std::min<std::int64_t>(kQuick / interval, acceleration);
  return turn.steps * static_cast<int>(std::max<std::int64_t>(times, 1));
}

EventValues values_of(const Gesture& gesture, int acceleration) {
  EventValues values;
  values.velocity = velocity_of(gesture);
  std::visit([&values](const auto& what) { put(values, what); }, gesture.what);
  if (const auto* turn = std::get_if<EncoderTurned>(&gesture.what)) {
    values.steps = accelerate(*turn, acceleration);
  }
  return values;
}

}  // namespace midimon
