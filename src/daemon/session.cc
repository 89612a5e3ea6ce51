#include "daemon/session.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace midimon {
namespace {

// The longest wait without looking around: a bound for what a lost wake-up could cost.
constexpr Nanos kLongestWait = std::chrono::seconds(1);

}  // namespace

Session::Session(const std::shared_ptr<const Profile>& profile, const Callers& callers,
                 const Clock& clock, SessionHooks hooks)
    : clock_(clock),
      hooks_(std::move(hooks)),
      facts_(clock),
      performer_(profile, callers, facts_,
                 {[this](Nanos song_time) {
                    // The file's own time: minutes of music are minutes of music at any speed.
                    const auto timestamp = std::chrono::floor<std::chrono::milliseconds>(
                        started_realtime_ + song_time);
                    const Nanos due =
                        player_->speed().is_max() ? clock_.monotonic() : player_->due_at(song_time);
                    return std::pair(std::max(due, started_), timestamp.count());
                  },
                  {},
                  {},
                  [this](const ActionReport& report) {
                    if (hooks_.report) hooks_.report(report);
                  },
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

void Session::take(const SmfPlayer::Due& due) {
  reached_ = due.song_time;
  if (due.message.kind() == MessageKind::sysex) {
    performer_.feed_sysex(due.sysex, due.song_time, clock_.monotonic());
  } else {
    performer_.feed(due.message, due.song_time, clock_.monotonic());
  }
  const std::size_t matched = performer_.take_matched();
  if (hooks_.event) hooks_.event(matched);
  if (hooks_.progress) hooks_.progress(due.song_time);
}

// What waiting made of presses by `song_time` is an event only if somebody listens to it.
void Session::end_waits(Nanos song_time) {
  reached_ = song_time;
  performer_.advance(song_time, clock_.monotonic());
  const std::size_t matched = performer_.take_matched();
  if (matched > 0 && hooks_.event) hooks_.event(matched);
}

// Takes the next thing that is due: a message, the end of a wait, the end of the song. False if
// there is none.
bool Session::take_next(SmfPlayer& player) {
  if (const auto due = player.take_due(clock_.monotonic())) {
    take(*due);
    return true;
  }
  if (const auto deadline = performer_.next_deadline()) {
    if (player.due_at(*deadline) > clock_.monotonic()) return false;
    end_waits(*deadline);
    return true;
  }
  if (!player.done() || ended_) return false;
  ended_ = true;
  performer_.disconnect(std::max(reached_, player.smf().length), clock_.monotonic());
  const std::size_t matched = performer_.take_matched();
  if (matched > 0 && hooks_.event) hooks_.event(matched);
  return true;
}

bool Session::done(const SmfPlayer& player) const {
  return player.done() && ended_ && performer_.in_flight() == 0;
}

// When something has to be done next.
Nanos Session::next_due(const SmfPlayer& player) const {
  Nanos until = performer_.next_action_due().value_or(Nanos::max());
  if (performer_.in_flight() >= kMaxInFlight) return until;
  until = std::min(until, player.next_due().value_or(until));
  if (const auto deadline = performer_.next_deadline()) {
    until = std::min(until, player.due_at(*deadline));
  }
  return until;
}

bool Session::play(SmfPlayer& player) {
  player_ = &player;
  reached_ = Nanos{};
  ended_ = false;
  started_ = clock_.monotonic();
  started_realtime_ = clock_.realtime();
  while (!done(player)) {
    performer_.advance_actions(clock_.monotonic());
    while (performer_.in_flight() < kMaxInFlight && take_next(player)) {
    }
    if (!done(player) && !wait(next_due(player))) {
      performer_.cancel_all(clock_.monotonic());
      return false;
    }
  }
  return true;
}

}  // namespace midimon
