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

std::optional<std::uint32_t> note_key(const Gesture& gesture) {
  return std::visit(
      [&](const auto& what) -> std::optional<std::uint32_t> {
        if constexpr (requires { what.velocity, what.note; }) {
          return std::uint32_t{gesture.source} * kKeys + key_of(what.channel, what.note);
        } else {
          return std::nullopt;
        }
      },
      gesture.what);
}

Recognizer::Recognizer(const std::shared_ptr<const Profile>& profile, const Facts& facts,
                       RecognizerHooks hooks)
    : hooks_(std::move(hooks)) {
  mappers_.push_back(std::make_unique<Mapper>(profile, facts));
  for (std::size_t device = 0; device < profile->devices.size(); ++device)
    mappers_.push_back(std::make_unique<Mapper>(profile, facts, device));
  set_source(0, std::nullopt);
}

void Recognizer::set_source(std::size_t source, std::optional<std::size_t> device) {
  if (ears_.size() <= source) ears_.resize(source + 1);
  const Mapper& mapper = *mappers_[device ? *device + 1 : 0];
  ears_[source] = std::make_unique<Ear>(Ear{Detector(mapper.rules()), &mapper});
  ears_[source]->detector.set_mode(mapper.mode());
}

Recognizer::Ear& Recognizer::ear(std::size_t source) {
  if (source >= ears_.size() || !ears_[source]) set_source(source, std::nullopt);
  return *ears_[source];
}

void Recognizer::feed(const Message& message, Nanos at, std::size_t source) {
  ear(source).detector.feed(message, at, gestures_);
  tell(source);
}

void Recognizer::feed_sysex(std::span<const std::uint8_t> bytes, Nanos at, std::size_t source) {
  ear(source).detector.feed_sysex(bytes, at, gestures_);
  tell(source);
}

// One wait after another, in the order in which they end, whichever controller they are about.
void Recognizer::advance(Nanos now) {
  while (true) {
    std::size_t next = ears_.size();
    Nanos earliest = Nanos::max();
    for (std::size_t source = 0; source < ears_.size(); ++source) {
      if (!ears_[source]) continue;
      const auto due = ears_[source]->detector.next_deadline();
      if (!due || *due >= earliest) continue;
      next = source;
      earliest = *due;
    }
    if (next == ears_.size() || earliest > now) return;
    ears_[next]->detector.advance(earliest, gestures_);
    tell(next);
  }
}

void Recognizer::disconnect(Nanos at) {
  for (std::size_t source = 0; source < ears_.size(); ++source)
    disconnect_source(source, at);
}

void Recognizer::disconnect_source(std::size_t source, Nanos at) {
  if (source >= ears_.size() || !ears_[source]) return;
  ears_[source]->detector.disconnect(at, gestures_);
  tell(source);
}

std::optional<Nanos> Recognizer::next_deadline() const {
  std::optional<Nanos> earliest;
  for (const auto& ear : ears_) {
    if (!ear) continue;
    const auto due = ear->detector.next_deadline();
    if (due && (!earliest || *due < *earliest)) earliest = due;
  }
  return earliest;
}

bool Recognizer::set_mode(std::size_t mode) {
  const std::size_t before = mapper().mode();
  for (const auto& mapper : mappers_) {
    if (!mapper->set_mode(mode)) return false;
  }
  for (const auto& ear : ears_) {
    if (ear) ear->detector.set_mode(mode);
  }
  if (mode != before && hooks_.mode_changed) hooks_.mode_changed(before, mode);
  return true;
}

void Recognizer::tell(std::size_t source) {
  const Mapper& mapper = *ears_[source]->mapper;
  for (Gesture& gesture : gestures_) {
    gesture.source = static_cast<std::uint8_t>(source);
    mapper.match(gesture, matches_);
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
  layers_.push_back({*key, mapper().mode()});
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
