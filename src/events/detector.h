// The Detector class turns messages and the passing of time into gestures.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "events/control_detector.h"
#include "events/gesture.h"
#include "events/gesture_rules.h"
#include "events/note_detector.h"
#include "midi/message.h"

namespace midimon {

// Pure: time comes in with each message, and everything it finds goes to `out`, whose times never
// go back if those that come in do not. What takes waiting (note_detector.h says what does) is told
// by advance(), which next_deadline() asks for; there is no thread. Allocates only when it is made.
// Not thread-safe.
class Detector {
 public:
  // Without rules every press is a press.
  explicit Detector(
      std::shared_ptr<const GestureRules> rules = std::make_shared<const GestureRules>());

  // Takes in `message`, received at `at`, and appends the gestures it completes to `out`, after
  // those that waiting completed up to then. A press of a note that is already held is a press
  // again. A message that says that all notes are off releases those that are down; a reset of the
  // controller is disconnect().
  void feed(const Message& message, Nanos at, std::vector<Gesture>& out);
  // The same for a sysex; `bytes` is what stands between F0 and F7.
  void feed_sysex(std::span<const std::uint8_t> bytes, Nanos at, std::vector<Gesture>& out);

  // When advance() next has something to tell; nothing if no press is being waited for.
  [[nodiscard]] std::optional<Nanos> next_deadline() const { return notes_.next_deadline(); }
  void advance(Nanos now, std::vector<Gesture>& out) { notes_.advance(now, out); }

  // The controller is gone: presses that were not decided are forgotten, notes that are down are
  // released, values are unknown again.
  void disconnect(Nanos at, std::vector<Gesture>& out);

  // Presses from now on belong to this mode and follow its rules. Those before keep theirs.
  void set_mode(std::size_t mode) { mode_ = mode; }

 private:
  void feed_channel(const Message& message, Nanos at, std::vector<Gesture>& out);
  void feed_system(const Message& message, Nanos at, std::vector<Gesture>& out);
  void tick(Nanos at, std::vector<Gesture>& out);

  std::shared_ptr<const GestureRules> rules_;
  NoteDetector notes_;
  ControlDetector controls_;
  std::size_t mode_ = 0;

  std::array<std::uint8_t, 16> pressures_{};
  std::vector<std::uint8_t> note_pressures_;  // by key
  std::array<std::uint16_t, 16> bends_{};

  bool running_ = true;  // a clock without a start counts from its first tick on
  std::uint32_t ticks_ = 0;
  std::optional<Nanos> last_beat_;
};

}  // namespace midimon
