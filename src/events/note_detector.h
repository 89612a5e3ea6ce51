// The NoteDetector class finds out what becomes of a press: a plain one, a long one, a double tap
// or a part of a chord.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "events/gesture.h"
#include "events/gesture_rules.h"
#include "events/key_timers.h"
#include "midi/held_notes.h"

namespace midimon {

// Who wins, where the rules ask for several of a note:
// - A chord beats all else. A note that is part of one waits for the others; a larger chord that is
//   still possible is waited for, too. Of chords that are complete at once the largest wins.
// - Then a second press within the double tap's time is a double tap.
// - Then what is down for as long as a hold asks for is held, at each of its times.
// - What became none of these was a press (Stage::settled), told when that is certain.
// A time that is over is over: what comes at that very moment is too late.
//
// Each press is followed by at most one of NotePressed (whole or settled), ChordPressed,
// NoteDoubleTapped and the first NoteHeld; its NoteReleased comes after that. Allocates only when
// it is made. Not thread-safe.
class NoteDetector {
 public:
  explicit NoteDetector(std::shared_ptr<const GestureRules> rules);

  void press(std::uint16_t key, std::uint8_t velocity, std::size_t mode, Nanos at,
             std::vector<Gesture>& out);
  void release(std::uint16_t key, std::uint8_t velocity, Nanos at, std::vector<Gesture>& out);

  // Appends what waiting made of presses by `now`, in order of time.
  void advance(Nanos now, std::vector<Gesture>& out);
  [[nodiscard]] std::optional<Nanos> next_deadline() const { return timers_.next(); }

  // Releases the notes of a channel as if their releases had come in.
  void release_channel(std::uint8_t channel, Nanos at, std::vector<Gesture>& out);
  // The controller is gone: what was not decided is forgotten, what is down is released.
  void drop(Nanos at, std::vector<Gesture>& out);

 private:
  enum class State : std::uint8_t {
    up,
    in_chord,   // down, and waiting for the other notes of a chord
    undecided,  // down, and waiting for a hold's time or for the release
    tapped,     // up again, and waiting for the second press of a double tap
    decided,    // down, and told what it was
  };

  struct Key {
    Nanos pressed_at{};
    const NoteRule* rule = nullptr;
    std::uint32_t mode = 0;
    State state = State::up;
    std::uint8_t velocity = 0;
    std::uint8_t release_velocity = 0;  // of a tap
    std::uint16_t next_hold = 0;        // index in rule->holds
  };

  [[nodiscard]] bool may_double(const Key& key, Nanos at) const;
  void begin(std::uint16_t number, std::uint8_t velocity, std::size_t mode, Nanos at,
             std::vector<Gesture>& out);
  // The chord that waits for more notes is told as it is, or given up.
  void end_chord(std::uint16_t number, Nanos at, std::vector<Gesture>& out);
  void leave_chord(std::uint16_t number, Nanos at, std::vector<Gesture>& out);
  void tell_holds(std::uint16_t number, Nanos at, std::vector<Gesture>& out);
  void settle(std::uint16_t number, Nanos at, std::vector<Gesture>& out);
  void expire(std::uint16_t number, Nanos at, std::vector<Gesture>& out);
  void decide(std::uint16_t number);
  void end(std::uint16_t number, std::uint8_t velocity, Nanos at, std::vector<Gesture>& out);

  [[nodiscard]] const Chord* largest_complete(std::uint16_t number) const;
  [[nodiscard]] bool is_complete(const Chord& chord, std::uint16_t number) const;
  [[nodiscard]] std::optional<Nanos> larger_possible_until(const Chord& chord, std::uint16_t number,
                                                           Nanos at) const;
  [[nodiscard]] std::optional<Nanos> possible_until(const Chord& chord, std::uint16_t number) const;
  void tell_chord(const Chord& chord, std::uint16_t number, Nanos at, std::vector<Gesture>& out);

  std::shared_ptr<const GestureRules> rules_;
  std::vector<Key> keys_;
  KeyTimers timers_;
  HeldNotes held_;
};

}  // namespace midimon
