#include "desktop/input.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"

namespace midimon {
namespace {

// How long a key of a keystroke is down. Some programs (OBS is one) look 40 times a second at what
// is down and know of nothing else.
constexpr Nanos kTap = std::chrono::milliseconds(30);

const KeyRequest* keys_that(KeyMotion motion, const InputRequest& request) {
  const auto* keys = std::get_if<KeyRequest>(&request);
  return keys != nullptr && keys->motion == motion ? keys : nullptr;
}

bool goes_up(const InputRequest& request) {
  return keys_that(KeyMotion::up, request) != nullptr;
}

}  // namespace

Input::Input(Open open)
    : open_(std::move(open)), worker_(kMaxQueued, [this] { device_.reset(); }) {}

Input::Key Input::key_of(const KeyRequest& keys) {
  return {keys.chords.back().modifiers, keys.chords.back().symbol};
}

void Input::call(InputRequest request, std::stop_token stop, const Done& done) {
  const bool up = goes_up(request);
  if (post(std::move(request), std::move(stop), done)) return;
  if (up) return done({});  // it is not down
  done({Outcome::failed,
        fmt::format("{} keys, texts and clicks already wait for their turn; ask for fewer at once",
                    kMaxQueued)});
}

bool Input::post(InputRequest request, std::stop_token stop, const Done& done) {
  const auto* up = keys_that(KeyMotion::up, request);
  const auto* down = keys_that(KeyMotion::down, request);
  const Key key = up != nullptr ? key_of(*up) : down != nullptr ? key_of(*down) : Key{};
  const bool goes_down = down != nullptr;
  const bool releases = up != nullptr;
  const std::scoped_lock lock(held_mutex_);
  const auto room = releases && held_.is_down(key) ? Worker::Room::always : Worker::Room::limited;
  const bool queued = worker_.post([this, request = std::move(request), stop = std::move(stop),
                                    done](bool /*closing*/) { done(run(request, stop)); },
                                   room);
  if (queued && goes_down) held_.down(key);
  if (queued && releases) held_.up(key);
  return queued;
}

SystemReport Input::run(const InputRequest& request, const std::stop_token& stop) {
  SystemReport cancelled = {Outcome::cancelled, "cancelled before it was done"};
  const bool up = goes_up(request);
  const Stopped stopped = [&] { return !up && (stop.stop_requested() || worker_.closing()); };
  if (stopped()) return cancelled;
  if (device_ && !device_->alive()) device_.reset();
  if (!device_) {
    if (up) return {};  // all went up with the device
    auto opened = open_();
    if (!opened) return {Outcome::failed, opened.error().message};
    device_ = std::move(*opened);
  }
  const auto done = std::visit([&](const auto& one) { return act(one, stopped); }, request);
  if (!done) return {Outcome::failed, done.error().message};
  if (stopped()) return cancelled;
  return {};
}

Result<void> Input::act(const KeyRequest& keys, const Stopped& stopped) {
  if (keys.motion == KeyMotion::up) return device_->release(keys.chords.back());
  for (const KeyChord& chord : keys.chords) {
    if (stopped()) break;
    if (auto done = device_->press(chord); !done) return done;
    if (keys.motion == KeyMotion::down && &chord == &keys.chords.back()) break;
    worker_.linger(kTap);
    if (auto done = device_->release(chord); !done) return done;
  }
  return {};
}

Result<void> Input::act(const TextRequest& text, const Stopped& stopped) {
  const auto characters = decode_utf8(text.text);
  if (!characters) return fail(ErrorCode::invalid, "the text is not UTF-8");
  return device_->type(*characters, stopped);
}

Result<void> Input::act(const MouseClick& click, const Stopped& /*stopped*/) {
  if (click.at) {
    auto moved = device_->move({click.at->first, click.at->second, false});
    if (!moved) return moved;
  }
  return device_->click(click.button, click.count);
}

Result<void> Input::act(const MoveRequest& move, const Stopped& /*stopped*/) {
  return device_->move(move);
}

}  // namespace midimon
