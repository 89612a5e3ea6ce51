#include "daemon/session.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace midimon {
namespace {

// The longest wait without looking around: a bound for what a lost wake-up could cost.
constexpr Nanos kLongestWait = std::chrono::seconds(1);

}  // namespace

Session::Session(std::shared_ptr<const Profile> profile, PluginCaller& caller, const Clock& clock,
                 SessionHooks hooks)
    : clock_(clock),
      hooks_(std::move(hooks)),
      mapper_(std::move(profile)),
      dispatcher_(caller, {[this](const ActionReport& report) {
                             if (hooks_.report) hooks_.report(report);
                           },
                           [this](std::size_t mode) { mapper_.set_mode(mode); },
                           [this] {
                             const std::lock_guard lock(mutex_);
                             woken_ = true;
                             changed_.notify_one();
                           }}) {}

void Session::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_one();
}

bool Session::wait(Nanos until) {
  std::unique_lock lock(mutex_);
  const Nanos now = clock_.monotonic();
  const Nanos rest = std::clamp(until - std::min(now, until), Nanos{}, kLongestWait);
  if (rest > Nanos{}) {
    changed_.wait_for(lock, rest, [this] { return woken_ || stopped_; });
  }
  woken_ = false;
  return !stopped_;
}

void Session::take(const SmfPlayer::Due& due, Nanos started, Nanos started_realtime) {
  gestures_.clear();
  detector_.feed(due.message, due.song_time, gestures_);
  std::size_t matched = 0;
  for (const Gesture& gesture : gestures_) {
    mapper_.match(gesture, matches_);
    matched += matches_.size();
    for (const Mapping* mapping : matches_) {
      ActionContext context;
      context.description = mapping->description;
      if (due.message.is_press()) context.velocity = due.message.data2;
      context.mode = static_cast<int>(mapper_.mode());
      // The file's own time: minutes of music are minutes of music at any speed.
      context.timestamp_ms =
          std::chrono::duration_cast<std::chrono::milliseconds>(started_realtime + due.song_time)
              .count();
      context.event_time = std::max(due.at, started);
      dispatcher_.dispatch(mapping->action, std::move(context), clock_.monotonic());
    }
  }
  if (hooks_.event) hooks_.event(matched);
  if (hooks_.progress) hooks_.progress(due.song_time);
}

bool Session::play(SmfPlayer& player) {
  const Nanos started = clock_.monotonic();
  const Nanos started_realtime = clock_.realtime();
  while (!player.done() || dispatcher_.in_flight() > 0) {
    dispatcher_.advance(clock_.monotonic());
    while (dispatcher_.in_flight() < kMaxInFlight) {
      const auto due = player.take_due(clock_.monotonic());
      if (!due) break;
      take(*due, started, started_realtime);
    }
    Nanos until = Nanos::max();
    if (dispatcher_.in_flight() < kMaxInFlight) {
      until = player.next_due().value_or(until);
    }
    until = std::min(until, dispatcher_.next_due().value_or(until));
    const bool idle = player.done() && dispatcher_.in_flight() == 0;
    if (!idle && !wait(until)) {
      dispatcher_.cancel_all(clock_.monotonic());
      return false;
    }
  }
  return true;
}

}  // namespace midimon
