// The Recognizer class is the way from messages to mappings: it owns the detector and the mapper,
// and the modes that are held by a note.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "events/detector.h"
#include "mapping/mapper.h"
#include "midi/message.h"

namespace midimon {

// Called from within the member functions of Recognizer; set_mode() may be called back.
struct RecognizerHooks {
  // A gesture and the mappings it calls for, in their order; also those that call for none.
  std::function<void(const Gesture&, std::span<const Mapping* const>)> found;
  // Another mode is current.
  std::function<void(std::size_t before, std::size_t now)> mode_changed{};
};

// The note that a press, what came of it, or a release is about, with its channel (key_of); nothing
// for what is about no one note.
[[nodiscard]] std::optional<std::uint16_t> note_key(const Gesture& gesture);

// Pure: time comes in. Not thread-safe.
class Recognizer {
 public:
  // `facts` outlives this.
  Recognizer(std::shared_ptr<const Profile> profile, const Facts& facts, RecognizerHooks hooks);

  // These are Detector's; what they find goes to the hooks.
  void feed(const Message& message, Nanos at);
  void feed_sysex(std::span<const std::uint8_t> bytes, Nanos at);
  void advance(Nanos now);
  void disconnect(Nanos at);
  [[nodiscard]] std::optional<Nanos> next_deadline() const { return detector_.next_deadline(); }

  // Makes a mode current: presses from now on are matched in it. False if there is no such mode.
  bool set_mode(std::size_t mode);

  [[nodiscard]] const Mapper& mapper() const { return mapper_; }

 private:
  // A mode that lasts until a note is released, and the one that was current before.
  struct Layer {
    std::uint16_t key;
    std::size_t before;
  };

  void tell();
  void hold(const Gesture& gesture);
  void let_go(const Gesture& gesture);

  Mapper mapper_;
  Detector detector_;
  RecognizerHooks hooks_;
  std::vector<Layer> layers_;  // the last is on top
  std::vector<Gesture> gestures_;
  std::vector<const Mapping*> matches_;
};

}  // namespace midimon
