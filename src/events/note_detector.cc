#include "events/note_detector.h"

#include <algorithm>
#include <utility>

namespace midimon {
namespace {

constexpr std::uint8_t channel_of(std::uint16_t key) {
  return static_cast<std::uint8_t>(key >> 7U);
}
constexpr std::uint8_t note_of(std::uint16_t key) {
  return static_cast<std::uint8_t>(key & 0x7FU);
}
// The key of another note on the same channel.
constexpr std::uint16_t beside(std::uint16_t key, std::uint8_t note) {
  return key_of(channel_of(key), note);
}

}  // namespace

NoteDetector::NoteDetector(std::shared_ptr<const GestureRules> rules)
    : rules_(std::move(rules)), keys_(kKeys) {}

void NoteDetector::press(std::uint16_t number, std::uint8_t velocity, std::size_t mode, Nanos at,
                         std::vector<Gesture>& out) {
  held_.take(make_message(MessageKind::note_on, channel_of(number), note_of(number), velocity));
  Key& key = keys_[number];
  if (key.state == State::tapped || key.state == State::undecided) {
    if (may_double(key, at)) {
      decide(number);
      out.push_back(
          {at, NoteDoubleTapped{channel_of(number), note_of(number), velocity, at - key.pressed_at},
           key.mode});
      return;
    }
    settle(number, at, out);
  } else if (key.state == State::in_chord) {
    // Pressed again before its release was seen: that ends the wait for others.
    settle(number, at, out);
  }
  begin(number, velocity, mode, at, out);
}

void NoteDetector::begin(std::uint16_t number, std::uint8_t velocity, std::size_t mode, Nanos at,
                         std::vector<Gesture>& out) {
  Key& key = keys_[number];
  timers_.clear(number);
  key = {at,
         rules_->note_rule(mode, number),
         static_cast<std::uint32_t>(mode),
         State::decided,
         velocity,
         0,
         0};
  if (key.rule == nullptr) {
    out.push_back({at, NotePressed{channel_of(number), note_of(number), velocity}});
    return;
  }
  out.push_back(
      {at, NotePressed{channel_of(number), note_of(number), velocity, Stage::begun}, key.mode});
  if (key.rule->chords.empty()) {
    leave_chord(number, at, out);
    return;
  }
  key.state = State::in_chord;
  timers_.set(number, at + key.rule->chord_wait);
  const Chord* chord = largest_complete(number);
  if (chord == nullptr) return;
  if (const auto until = larger_possible_until(*chord, number, at)) {
    timers_.set(number, std::min(*until, at + key.rule->chord_wait));
  } else {
    tell_chord(*chord, number, at, out);
  }
}

void NoteDetector::end_chord(std::uint16_t number, Nanos at, std::vector<Gesture>& out) {
  if (const Chord* chord = largest_complete(number)) {
    tell_chord(*chord, number, at, out);
  } else {
    leave_chord(number, at, out);
  }
}

// No chord came of it, or none could: what else may?
void NoteDetector::leave_chord(std::uint16_t number, Nanos at, std::vector<Gesture>& out) {
  Key& key = keys_[number];
  key.state = State::undecided;
  if (!key.rule->holds.empty()) {
    tell_holds(number, at, out);
  } else if (may_double(key, at)) {
    timers_.set(number, key.pressed_at + key.rule->double_tap);
  } else {
    settle(number, at, out);
  }
}

bool NoteDetector::may_double(const Key& key, Nanos at) const {
  return at - key.pressed_at < key.rule->double_tap;
}

// Tells of the holds whose time is over, and waits for the next. (It may be over for long: chords
// come first.)
void NoteDetector::tell_holds(std::uint16_t number, Nanos at, std::vector<Gesture>& out) {
  Key& key = keys_[number];
  timers_.clear(number);
  for (; key.next_hold < key.rule->holds.size(); ++key.next_hold) {
    const Nanos duration = key.rule->holds[key.next_hold];
    if (key.pressed_at + duration > at) {
      timers_.set(number, key.pressed_at + duration);
      return;
    }
    key.state = State::decided;
    out.push_back(
        {at, NoteHeld{channel_of(number), note_of(number), key.velocity, duration}, key.mode});
  }
}

// It was a press and nothing else.
void NoteDetector::settle(std::uint16_t number, Nanos at, std::vector<Gesture>& out) {
  const Key& key = keys_[number];
  const bool is_up = key.state == State::tapped;
  out.push_back({at, NotePressed{channel_of(number), note_of(number), key.velocity, Stage::settled},
                 key.mode});
  if (is_up) {
    end(number, key.release_velocity, at, out);
  } else {
    decide(number);
  }
}

// Nothing is waited for any more.
void NoteDetector::decide(std::uint16_t number) {
  keys_[number].state = State::decided;
  timers_.clear(number);
}

void NoteDetector::end(std::uint16_t number, std::uint8_t velocity, Nanos at,
                       std::vector<Gesture>& out) {
  keys_[number].state = State::up;
  timers_.clear(number);
  out.push_back(
      {at, NoteReleased{channel_of(number), note_of(number), velocity}, keys_[number].mode});
}

void NoteDetector::release(std::uint16_t number, std::uint8_t velocity, Nanos at,
                           std::vector<Gesture>& out) {
  held_.take(make_message(MessageKind::note_off, channel_of(number), note_of(number)));
  Key& key = keys_[number];
  // With this note up, no larger chord can come.
  if (key.state == State::in_chord) end_chord(number, at, out);
  switch (key.state) {
    case State::undecided:
      if (may_double(key, at)) {
        key.state = State::tapped;
        key.release_velocity = velocity;
        timers_.set(number, key.pressed_at + key.rule->double_tap);
        return;
      }
      settle(number, at, out);
      break;
    case State::tapped:
      return;  // a second release of the same press
    case State::up:
      // Its press came before we listened.
      out.push_back({at, NoteReleased{channel_of(number), note_of(number), velocity}});
      return;
    default:
      break;
  }
  end(number, velocity, at, out);
}

void NoteDetector::advance(Nanos now, std::vector<Gesture>& out) {
  for (auto next = timers_.next(); next && *next <= now; next = timers_.next())
    expire(timers_.first(), *next, out);
}

void NoteDetector::expire(std::uint16_t number, Nanos at, std::vector<Gesture>& out) {
  Key& key = keys_[number];
  if (key.state == State::in_chord) {
    end_chord(number, at, out);
    return;
  }
  if (key.state == State::tapped || key.rule->holds.empty()) {
    settle(number, at, out);
  } else {
    tell_holds(number, at, out);
  }
}

void NoteDetector::release_channel(std::uint8_t channel, Nanos at, std::vector<Gesture>& out) {
  held_.release_channel(channel, [&](const Message& message) {
    release(key_of(message.channel(), message.data1), 0, at, out);
  });
}

void NoteDetector::drop(Nanos at, std::vector<Gesture>& out) {
  while (timers_.next()) {
    const std::uint16_t number = timers_.first();
    // A tap is up already, but its release was not told.
    if (keys_[number].state == State::tapped) {
      end(number, keys_[number].release_velocity, at, out);
    } else {
      decide(number);
    }
  }
  held_.release_all(
      [&](const Message& message) { end(key_of(message.channel(), message.data1), 0, at, out); });
}

const Chord* NoteDetector::largest_complete(std::uint16_t number) const {
  const Chord* best = nullptr;
  for (const std::uint32_t index : keys_[number].rule->chords) {
    const Chord& chord = rules_->chords()[index];
    if (best != nullptr && chord.notes.size() <= best->notes.size()) continue;
    if (is_complete(chord, number)) best = &chord;
  }
  return best;
}

// Whether all notes are down, waiting, and came within the chord's time.
bool NoteDetector::is_complete(const Chord& chord, std::uint16_t number) const {
  Nanos first = Nanos::max();
  Nanos last = Nanos::min();
  for (const std::uint8_t note : chord.notes) {
    const Key& key = keys_[beside(number, note)];
    if (key.state != State::in_chord) return false;
    first = std::min(first, key.pressed_at);
    last = std::max(last, key.pressed_at);
  }
  return last - first < chord.timeout;
}

// Until when a larger chord, of which this one is a part, may still come; nothing if none can.
std::optional<Nanos> NoteDetector::larger_possible_until(const Chord& chord, std::uint16_t number,
                                                         Nanos at) const {
  std::optional<Nanos> latest;
  for (const std::uint32_t index : keys_[number].rule->chords) {
    const Chord& other = rules_->chords()[index];
    if (other.notes.size() <= chord.notes.size() ||
        !std::includes(other.notes.begin(), other.notes.end(), chord.notes.begin(),
                       chord.notes.end())) {
      continue;
    }
    const auto until = possible_until(other, number);
    if (until && *until > at) latest = std::max(latest.value_or(*until), *until);
  }
  return latest;
}

// When it is too late for the notes that are missing; nothing if one of them cannot come.
std::optional<Nanos> NoteDetector::possible_until(const Chord& chord, std::uint16_t number) const {
  Nanos until = Nanos::max();
  for (const std::uint8_t note : chord.notes) {
    const Key& key = keys_[beside(number, note)];
    if (key.state == State::in_chord) {
      until = std::min(until, key.pressed_at + chord.timeout);
    } else if (key.state != State::up) {
      return std::nullopt;
    }
  }
  return until;
}

// Tells of the chord, and of others with the same notes that are complete as well.
void NoteDetector::tell_chord(const Chord& chord, std::uint16_t number, Nanos at,
                              std::vector<Gesture>& out) {
  std::uint8_t velocity = 0;
  for (const std::uint8_t note : chord.notes)
    velocity = std::max(velocity, keys_[beside(number, note)].velocity);
  for (const std::uint32_t index : keys_[number].rule->chords) {
    const Chord& other = rules_->chords()[index];
    if (other.notes != chord.notes || !is_complete(other, number)) continue;
    out.push_back({at, ChordPressed{channel_of(number), velocity, index}, keys_[number].mode});
  }
  for (const std::uint8_t note : chord.notes)
    decide(beside(number, note));
}

}  // namespace midimon
