// The Recognizer class is the way from messages to mappings: it owns a detector for each
// controller, the mappers, and the modes that are held by a note.
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

// Which note of which channel and controller a press, what came of it, or a release is about;
// nothing for what is about no one note.
[[nodiscard]] std::optional<std::uint32_t> note_key(const Gesture& gesture);

// Pure: time comes in. Not thread-safe.
class Recognizer {
 public:
  // `facts` outlives this.
  Recognizer(const std::shared_ptr<const Profile>& profile, const Facts& facts,
             RecognizerHooks hooks);

  // There are several controllers, each with a number below kMaxSources. What is done with one is
  // no part of what is done with another, but all share the mode.
  static constexpr std::size_t kMaxSources = 64;

  // From now on the controller with this number is the profile's device with this index, or none of
  // them. Nothing of it is held.
  void set_source(std::size_t source, std::optional<std::size_t> device);

  // These are Detector's; what they find goes to the hooks. A source that was not set is none of
  // the profile's devices.
  void feed(const Message& message, Nanos at, std::size_t source = 0);
  void feed_sysex(std::span<const std::uint8_t> bytes, Nanos at, std::size_t source = 0);
  // Of all sources.
  void advance(Nanos now);
  void disconnect(Nanos at);
  void disconnect_source(std::size_t source, Nanos at);
  [[nodiscard]] std::optional<Nanos> next_deadline() const;

  // Makes a mode current: presses from now on are matched in it. False if there is no such mode.
  bool set_mode(std::size_t mode);

  // Knows the mode and the profile; its mappings are those of no one device.
  [[nodiscard]] const Mapper& mapper() const { return *mappers_.front(); }

 private:
  // A mode that lasts until a note is released, and the one that was current before.
  struct Layer {
    std::uint32_t key;
    std::size_t before;
  };
  // What listens to one controller.
  struct Ear {
    Detector detector;
    const Mapper* mapper;
  };

  Ear& ear(std::size_t source);
  void tell(std::size_t source);
  void hold(const Gesture& gesture);
  void let_go(const Gesture& gesture);

  std::vector<std::unique_ptr<Mapper>> mappers_;  // for no device, then for each
  std::vector<std::unique_ptr<Ear>> ears_;        // by source; null until it is heard of
  RecognizerHooks hooks_;
  std::vector<Layer> layers_;  // the last is on top
  std::vector<Gesture> gestures_;
  std::vector<const Mapping*> matches_;
};

}  // namespace midimon
