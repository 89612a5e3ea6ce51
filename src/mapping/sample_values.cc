#include "mapping/sample_values.h"

#include <algorithm>
#include <string>

namespace midimon {
namespace {

constexpr int kWideMax = 16383;

// Where in a range a sample lies.
enum class At { low, middle, high };

int in(At at, int min, int max) {
  if (at == At::low) return min;
  return at == At::high ? max : min + (max - min) / 2;
}

struct SampleOf {
  At at;

  EventValues operator()(const NoteTrigger& t) const {
    const int least = std::max<int>(t.velocity_min, 1);
    return press(t.note, t.channel, least, std::max<int>(t.velocity_max, least));
  }
  EventValues operator()(const HoldTrigger& t) const { return press(t.note, t.channel, 1, 127); }
  EventValues operator()(const DoubleTapTrigger& t) const {
    return press(t.note, t.channel, 1, 127);
  }
  EventValues operator()(const ReleaseTrigger& t) const {
    EventValues values = on(t.channel, in(at, 0, 127));
    values.note = t.note;
    return values;
  }
  EventValues operator()(const ChordTrigger& t) const {
    EventValues values = on(t.chord.channel, in(at, 1, 127));
    values.velocity = values.value;
    return values;
  }
  EventValues operator()(const ControlTrigger& t) const {
    EventValues values = on(t.channel, in(at, t.value_min, t.value_max));
    if (t.wide) values.value_max = kWideMax;
    return values;
  }
  // A turn that is slow, and one that is as quick as counts.
  EventValues operator()(const EncoderTrigger& t) const {
    EventValues values = on(t.channel, 0);
    values.value.reset();
    const bool back = t.direction == Direction::counter_clockwise ||
                      (t.direction == Direction::either && at == At::low);
    const int steps = at == At::middle ? 1 : t.acceleration;
    values.steps = back ? -steps : steps;
    return values;
  }
  EventValues operator()(const PressureTrigger& t) const {
    EventValues values = on(t.channel, in(at, t.min, t.max));
    if (t.of_notes) values.note = t.note.value_or(static_cast<std::uint8_t>(in(at, 0, 127)));
    return values;
  }
  EventValues operator()(const BendTrigger& t) const {
    EventValues values = on(t.channel, in(at, t.min, t.max));
    values.value_max = kWideMax;
    return values;
  }
  EventValues operator()(const ProgramTrigger& t) const {
    return on(t.channel, t.program.value_or(static_cast<std::uint8_t>(in(at, 0, 127))));
  }
  EventValues operator()(const ParameterTrigger& t) const {
    EventValues values = on(t.channel, in(at, t.min, t.max));
    if (t.wide) values.value_max = kWideMax;
    return values;
  }
  // A pattern that leaves nothing open has no value but 0.
  EventValues operator()(const SysexTrigger& t) const {
    EventValues values;
    values.value = t.pattern.text().find("??") == std::string::npos ? 0 : in(at, 0, 127);
    return values;
  }
  EventValues operator()(const TransportTrigger& /*t*/) const { return {}; }
  EventValues operator()(const BeatTrigger& t) const {
    EventValues values;
    values.value = static_cast<int>(t.offset + t.every * static_cast<std::uint32_t>(at));
    return values;
  }

 private:
  [[nodiscard]] EventValues on(const std::optional<std::uint8_t>& channel, int value) const {
    EventValues values;
    values.channel = channel ? *channel + 1 : in(at, 1, 16);
    values.value = value;
    return values;
  }
  [[nodiscard]] EventValues press(std::uint8_t note, const std::optional<std::uint8_t>& channel,
                                  int min, int max) const {
    EventValues values = on(channel, in(at, min, max));
    values.velocity = values.value;
    values.note = note;
    return values;
  }
};

}  // namespace

std::vector<EventValues> sample_values(const Trigger& trigger) {
  std::vector<EventValues> out;
  for (const At at : {At::low, At::middle, At::high})
    out.push_back(std::visit(SampleOf{at}, trigger));
  return out;
}

}  // namespace midimon
