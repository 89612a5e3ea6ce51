// The Session class is the way from MIDI messages to actions: it owns the detector, the mapper and
// the dispatcher, and one thread runs it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "actions/dispatcher.h"
#include "actions/plugin_caller.h"
#include "base/clock.h"
#include "events/detector.h"
#include "mapping/mapper.h"
#include "mapping/profile.h"
#include "midi/smf_player.h"

namespace midimon {

struct SessionHooks {
  std::function<void(const ActionReport&)> report;
  std::function<void(std::size_t mappings)> event;  // a message came in and matched so many
  std::function<void(Nanos song_time)> progress;    // after each message
};

// All members but stop() belong to one thread; the hooks are called on it.
class Session {
 public:
  // How many actions may be in flight before a file that is played without waiting waits for them.
  // Below the bound of a plugin's queue, so that none is dropped.
  static constexpr std::size_t kMaxInFlight = 32;

  // `caller` and `clock` outlive the session.
  Session(std::shared_ptr<const Profile> profile, PluginCaller& caller, const Clock& clock,
          SessionHooks hooks);

  // Plays `player` to its end and waits for all actions it started. False if stop() came first:
  // then what was in flight is reported as cancelled.
  bool play(SmfPlayer& player);

  // Ends play() soon. Thread-safe.
  void stop();

  [[nodiscard]] const Mapper& mapper() const { return mapper_; }

 private:
  void take(const SmfPlayer::Due& due, Nanos started, Nanos started_realtime);
  // Waits until `until`, until a report comes in, or until stop(). False when stopped.
  bool wait(Nanos until);

  const Clock& clock_;
  SessionHooks hooks_;
  Detector detector_;
  Mapper mapper_;
  std::vector<Gesture> gestures_;
  std::vector<const Mapping*> matches_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopped_ = false;

  Dispatcher dispatcher_;  // last: its hooks use everything above
};

}  // namespace midimon
