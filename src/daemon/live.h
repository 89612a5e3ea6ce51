// The Live class plays what controllers send through a profile, until it is told to stop; and
// through another profile from the moment on that there is one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "actions/dispatcher.h"
#include "base/clock.h"
#include "base/unique_fd.h"
#include "daemon/performer.h"
#include "mapping/condition.h"
#include "mapping/profile.h"
#include "midi/byte_parser.h"
#include "midi/held_notes.h"
#include "midimon/result.h"
#include "ports/inputs.h"

namespace midimon {

// Called on the thread that runs it. Each may be empty.
struct LiveHooks {
  std::function<void(const ActionReport&)> report;
  // A message that came in, from where, and when.
  std::function<void(const InputPort&, const Message&, std::span<const std::uint8_t> sysex,
                     Nanos at)>
      message;
  std::function<void(const Gesture&, std::span<const Mapping* const>)> found;
  std::function<void(std::size_t mode)> mode_changed;
  // An input came or went.
  std::function<void(const InputPort&, bool is_there)> input_changed;
  // Something is to be passed on to the output with this in its name. It must not wait.
  std::function<void(const std::string& to, std::span<const std::uint8_t> message)> pass_on;
};

// What it has seen and done since it began.
struct LiveCounts {
  std::uint64_t messages = 0;
  std::uint64_t matched = 0;       // mappings
  std::uint64_t lost_packets = 0;  // for which a ring had no room
  std::uint64_t passed_on = 0;     // messages, once for each output
  ParserLosses unreadable;         // bytes that were no message
  std::size_t in_flight = 0;       // actions, those of earlier profiles too
};

// A profile and all that it needs; what `keep` owns lives until its last action has ended. It is
// let go on the thread that runs the Live, which must not wait for it.
struct Act {
  std::shared_ptr<const Profile> profile;
  Callers callers;
  std::shared_ptr<void> keep = {};
};

// Gives the inputs that there are, as Inputs::update() does.
using UpdateInputs = std::function<void(std::vector<std::shared_ptr<InputPort>>&)>;

// One thread runs it; what is called from others says so.
class Live {
 public:
  // `clock` and `facts` outlive this. Error: io.
  static Result<std::unique_ptr<Live>> create(Act act, UpdateInputs inputs, const Clock& clock,
                                              const Facts& facts, LiveHooks hooks);
  ~Live();
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  // Until stop(). Then what is in flight is reported as cancelled; what is held down is released,
  // for which its actions have kTimeToRelease; and `keep` of every act is let go.
  void run();
  static constexpr Nanos kTimeToRelease = std::chrono::seconds(1);
  // Thread-safe, from here on.
  void stop();
  // Something came in, or may have. Fit for a real-time thread.
  void wake();
  // Has `task` called by the thread that runs this, soon; not any more once it has stopped.
  void post(std::function<void()> task);

  // Of the thread that runs this, from here on: in a hook or a task.

  // Plays `act` from now on. What is held down is released in the profile before, whose actions run
  // to their end. The mode stays, if there is one of its name.
  void replace(Act act);
  [[nodiscard]] const Mapper& mapper() const { return playing_->performer->mapper(); }
  [[nodiscard]] LiveCounts counts() const;
  [[nodiscard]] const std::vector<std::shared_ptr<InputPort>>& inputs() const { return inputs_; }

 private:
  // What is known of an input besides its bytes.
  struct Source {
    std::shared_ptr<InputPort> input;
    ByteParser parser;
    HeldNotes held;
    HeldNotes released;                 // of those that are down, in the profile before: not again
    std::size_t number = 0;             // as the performer knows it
    std::optional<std::size_t> device;  // of the profile's, which it is
  };
  struct Playing {
    Act act;
    std::unique_ptr<Performer> performer;  // before what it needs goes
  };

  Live(UpdateInputs update, const Clock& clock, const Facts& facts, LiveHooks hooks,
       UniqueFd event);
  std::unique_ptr<Playing> make(Act act);
  void run_tasks();
  void take_inputs();
  void introduce(Source& source);
  [[nodiscard]] std::size_t free_number() const;
  void take_packets();
  void take_bytes(Source& source, Nanos at, std::span<const std::uint8_t> bytes);
  void let_go(Source& source);
  void pass_on(const Source& source, const Message& message, std::span<const std::uint8_t> sysex);
  void release_passed_on(const Source& source);
  void advance(Nanos now);
  void wait(Nanos most);
  void end();
  [[nodiscard]] Nanos next_due() const;

  UpdateInputs update_;
  const Clock& clock_;
  LiveHooks hooks_;
  const Facts& facts_;

  UniqueFd event_;
  std::atomic<bool> woken_ = false;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;

  std::vector<std::shared_ptr<InputPort>> inputs_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::uint8_t> bytes_;  // of what is passed on
  LiveCounts counts_;
  std::vector<std::unique_ptr<Playing>> ending_;  // earlier ones, whose actions still run
  std::unique_ptr<Playing> playing_;              // last: its hooks use everything above
};

}  // namespace midimon
