// The Session class plays a MIDI file through a profile in time, and one thread runs it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>

#include "actions/dispatcher.h"
#include "base/clock.h"
#include "daemon/clock_facts.h"
#include "daemon/performer.h"
#include "mapping/mapper.h"
#include "mapping/profile.h"
#include "midi/smf_player.h"

namespace midimon {

struct SessionHooks {
  std::function<void(const ActionReport&)> report;
  // A message came in, or a gesture's wait was over, and it matched so many.
  std::function<void(std::size_t mappings)> event;
  std::function<void(Nanos song_time)> progress;  // after each message
};

// All members but stop() belong to one thread; the hooks are called on it.
class Session {
 public:
  // How many actions may be in flight before a file that is played without waiting waits for them.
  // Below the bound of a plugin's queue, so that none is dropped.
  static constexpr std::size_t kMaxInFlight = 32;

  // `callers` and `clock` outlive the session.
  Session(const std::shared_ptr<const Profile>& profile, const Callers& callers, const Clock& clock,
          SessionHooks hooks);

  // Plays `player` to its end, releases the notes that are still down, and waits for all actions it
  // started. False if stop() came first: then what was in flight is reported as cancelled.
  bool play(SmfPlayer& player);

  // Ends play() soon. Thread-safe.
  void stop();

  [[nodiscard]] const Mapper& mapper() const { return performer_.mapper(); }

 private:
  [[nodiscard]] bool done(const SmfPlayer& player) const;
  void take(const SmfPlayer::Due& due);
  void end_waits(Nanos song_time);
  bool take_next(SmfPlayer& player);
  [[nodiscard]] Nanos next_due(const SmfPlayer& player) const;
  // Waits until `until`, until a report comes in, or until stop(). False when stopped.
  bool wait(Nanos until);

  const Clock& clock_;
  SessionHooks hooks_;
  ClockFacts facts_;
  const SmfPlayer* player_ = nullptr;  // while it plays
  Nanos started_{};
  Nanos started_realtime_{};
  Nanos reached_{};     // in the song
  bool ended_ = false;  // the notes that were down at the end are released

  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopped_ = false;

  Performer performer_;  // last: its hooks use everything above
};

}  // namespace midimon
