#include "mapping/recognizer.h"

#include <algorithm>
#include <utility>

namespace midimon {
namespace {

bool changes_while_held(const Mapping* mapping) {
  const auto* change = std::get_if<ModeChange>(&mapping->action.what);
  return change != nullptr && change->while_held;
}

}  // namespace

std::optional<std::uint16_t> note_key(const Gesture& gesture) {
  return std::visit(
      [](const auto& what) -> std::optional<std::uint16_t> {
        if constexpr (requires { what.velocity, what.note; }) {
          return key_of(what.channel, what.note);
        } else {
          return std::nullopt;
        }
      },
      gesture.what);
}

Recognizer::Recognizer(std::shared_ptr<const Profile> profile, const Facts& facts,
                       RecognizerHooks hooks)
    : mapper_(std::move(profile), facts), detector_(mapper_.rules()), hooks_(std::move(hooks)) {}

void Recognizer::feed(const Message& message, Nanos at) {
  detector_.feed(message, at, gestures_);
  tell();
}

void Recognizer::feed_sysex(std::span<const std::uint8_t> bytes, Nanos at) {
  detector_.feed_sysex(bytes, at, gestures_);
  tell();
}

void Recognizer::advance(Nanos now) {
  detector_.advance(now, gestures_);
  tell();
}

void Recognizer::disconnect(Nanos at) {
  detector_.disconnect(at, gestures_);
  tell();
}

bool Recognizer::set_mode(std::size_t mode) {
  const std::size_t before = mapper_.mode();
  if (!mapper_.set_mode(mode)) return false;
  detector_.set_mode(mode);
  if (mode != before && hooks_.mode_changed) hooks_.mode_changed(before, mode);
  return true;
}

void Recognizer::tell() {
  for (const Gesture& gesture : gestures_) {
    mapper_.match(gesture, matches_);
    if (std::any_of(matches_.begin(), matches_.end(), changes_while_held)) hold(gesture);
    hooks_.found(gesture, matches_);
    if (!layers_.empty() && std::holds_alternative<NoteReleased>(gesture.what)) let_go(gesture);
  }
  gestures_.clear();
}

// Remembers which mode comes back when the gesture's note is released.
void Recognizer::hold(const Gesture& gesture) {
  const auto key = note_key(gesture);
  if (!key) return;
  const auto same = [&key](const Layer& layer) { return layer.key == *key; };
  if (std::any_of(layers_.begin(), layers_.end(), same)) return;
  layers_.push_back({*key, mapper_.mode()});
}

// The layer on top gives back the mode before it. One further down is taken out from under the one
// above it, which then leads back to where the lower one came from.
void Recognizer::let_go(const Gesture& gesture) {
  const auto key = note_key(gesture);
  const auto found = std::find_if(layers_.begin(), layers_.end(),
                                  [&key](const Layer& layer) { return layer.key == key; });
  if (found == layers_.end()) return;
  const std::size_t before = found->before;
  const auto above = layers_.erase(found);
  if (above == layers_.end()) {
    set_mode(before);
  } else {
    above->before = before;
  }
}

}  // namespace midimon
