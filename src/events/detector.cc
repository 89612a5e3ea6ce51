#include "events/detector.h"

#include <algorithm>
#include <utility>

namespace midimon {
namespace {

constexpr std::uint32_t kTicksPerBeat = 24;
constexpr std::uint32_t kTicksPerSixteenth = 6;
constexpr std::uint16_t kBendCentre = 8192;

}  // namespace

Detector::Detector(std::shared_ptr<const GestureRules> rules)
    : rules_(std::move(rules)), notes_(rules_), controls_(rules_), note_pressures_(kKeys) {
  bends_.fill(kBendCentre);
}

void Detector::feed(const Message& message, Nanos at, std::vector<Gesture>& out) {
  advance(at, out);
  if (message.status < 0xF0) {
    feed_channel(message, at, out);
  } else {
    feed_system(message, at, out);
  }
}

void Detector::feed_channel(const Message& message, Nanos at, std::vector<Gesture>& out) {
  const std::uint8_t channel = message.channel();
  const std::uint16_t key = key_of(channel, message.data1);
  switch (message.kind()) {
    case MessageKind::note_on:
    case MessageKind::note_off:
      if (message.is_press()) {
        notes_.press(key, message.data2, mode_, at, out);
      } else {
        notes_.release(key, message.data2, at, out);
      }
      return;
    case MessageKind::control_change:
      controls_.feed(message, at, out);
      if (message.is_all_notes_off()) notes_.release_channel(channel, at, out);
      return;
    case MessageKind::poly_pressure:
      out.push_back({at, NotePressureChanged{channel, message.data1, message.data2,
                                             std::exchange(note_pressures_[key], message.data2)}});
      return;
    case MessageKind::channel_pressure:
      out.push_back({at, PressureChanged{channel, message.data1,
                                         std::exchange(pressures_[channel], message.data1)}});
      return;
    case MessageKind::pitch_bend: {
      const auto value = static_cast<std::uint16_t>(message.wide());
      out.push_back({at, BendChanged{channel, value, std::exchange(bends_[channel], value)}});
      return;
    }
    case MessageKind::program_change:
      out.push_back({at, ProgramChanged{channel, message.data1}});
      return;
    default:
      return;
  }
}

void Detector::feed_system(const Message& message, Nanos at, std::vector<Gesture>& out) {
  switch (message.kind()) {
    case MessageKind::clock:
      tick(at, out);
      return;
    case MessageKind::start:
      ticks_ = 0;
      running_ = true;
      last_beat_.reset();
      out.push_back({at, TransportChanged{Transport::start}});
      return;
    case MessageKind::resume:
      running_ = true;
      last_beat_.reset();
      out.push_back({at, TransportChanged{Transport::resume}});
      return;
    case MessageKind::stop:
      running_ = false;
      out.push_back({at, TransportChanged{Transport::stop}});
      return;
    case MessageKind::song_position:
      ticks_ = static_cast<std::uint32_t>(message.wide()) * kTicksPerSixteenth;
      last_beat_.reset();
      return;
    case MessageKind::reset:
      disconnect(at, out);
      return;
    default:
      return;
  }
}

void Detector::feed_sysex(std::span<const std::uint8_t> bytes, Nanos at,
                          std::vector<Gesture>& out) {
  advance(at, out);
  const std::uint8_t first = bytes.empty() ? std::uint8_t{0} : bytes.front();
  for (const std::uint32_t index : rules_->patterns_for(first)) {
    const SysexPattern& pattern = rules_->patterns()[index];
    if (!pattern.matches(bytes)) continue;
    out.push_back({at, SysexReceived{index, pattern.open_byte(bytes).value_or(0)}});
  }
}

// The first tick after a start is the first beat.
void Detector::tick(Nanos at, std::vector<Gesture>& out) {
  if (!running_) return;
  if (ticks_ % kTicksPerBeat == 0) {
    const Nanos length = last_beat_ ? at - *last_beat_ : Nanos{};
    last_beat_ = at;
    out.push_back({at, BeatReached{ticks_ / kTicksPerBeat, length}});
  }
  ++ticks_;
}

void Detector::disconnect(Nanos at, std::vector<Gesture>& out) {
  advance(at, out);
  notes_.drop(at, out);
  controls_.reset();
  pressures_.fill(0);
  std::fill(note_pressures_.begin(), note_pressures_.end(), std::uint8_t{0});
  bends_.fill(kBendCentre);
  running_ = true;
  ticks_ = 0;
  last_beat_.reset();
}

}  // namespace midimon
