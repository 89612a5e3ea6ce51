// The Performer class does what a profile says: messages go in, and its actions are run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "actions/dispatcher.h"
#include "actions/plugin_caller.h"
#include "actions/system_caller.h"
#include "base/clock.h"
#include "mapping/recognizer.h"

namespace midimon {

// Who does what actions ask for.
struct Callers {
  PluginCaller& plugins;
  SystemCaller& system;
};

// Called on the performer's own thread from within its member functions, save `wake`; they must not
// call these. Each may be empty, but `time_of`.
struct PerformerHooks {
  // When something at this time of the music was, on the clock that `now` is on, and in
  // milliseconds since 1970.
  std::function<std::pair<Nanos, std::int64_t>(Nanos at)> time_of;
  std::function<void(const Gesture&, std::span<const Mapping* const>)> found{};
  std::function<void(std::size_t mode)> mode_changed{};
  std::function<void(const ActionReport&)> report{};
  // As DispatcherHooks has them.
  std::function<void()> wake{};
  std::function<void(const ActionContext&, const std::string& what)> asks{};
};

// There are two times: `at` is that of the music and of gestures, `now` that of actions; they may
// be the same. One thread owns it.
class Performer {
 public:
  // `callers` and `facts` outlive this.
  Performer(const std::shared_ptr<const Profile>& profile, const Callers& callers,
            const Facts& facts, PerformerHooks hooks);

  // These are Recognizer's.
  void set_source(std::size_t source, std::optional<std::size_t> device) {
    recognizer_.set_source(source, device);
  }
  void feed(const Message& message, Nanos at, Nanos now, std::size_t source = 0);
  void feed_sysex(std::span<const std::uint8_t> bytes, Nanos at, Nanos now, std::size_t source = 0);
  // Tells gestures that their wait is over.
  void advance(Nanos at, Nanos now);
  void disconnect(Nanos at, Nanos now);
  void disconnect_source(std::size_t source, Nanos at, Nanos now);
  // Makes a mode current without its on_enter.
  void set_mode(std::size_t mode);
  [[nodiscard]] std::optional<Nanos> next_deadline() const { return recognizer_.next_deadline(); }

  // These are Dispatcher's.
  void advance_actions(Nanos now);
  [[nodiscard]] std::optional<Nanos> next_action_due() const { return dispatcher_.next_due(); }
  [[nodiscard]] std::size_t in_flight() const { return dispatcher_.in_flight(); }
  void cancel_all(Nanos now) { dispatcher_.cancel_all(now); }

  // How many mappings the gestures since the last call matched.
  [[nodiscard]] std::size_t take_matched() { return std::exchange(matched_, 0); }
  [[nodiscard]] const Mapper& mapper() const { return recognizer_.mapper(); }

 private:
  void set_times(Nanos at, Nanos now);
  void run(const Gesture& gesture, std::span<const Mapping* const> mappings);
  void let_go(const Gesture& release);
  ActionContext context_of(const Gesture& gesture, const Mapping& mapping) const;
  void run_mode_actions();
  void run_mode_action(const std::optional<Action>& action, std::string_view what,
                       std::size_t mode);

  const Facts& facts_;
  PerformerHooks hooks_;
  Recognizer recognizer_;
  // A mapping that wants to know when the note is released that it was found for.
  struct Held {
    std::uint32_t key;
    const Mapping* mapping;
    Dispatcher::RunId run;
  };
  std::vector<Held> held_;
  std::size_t matched_ = 0;
  Nanos at_{};  // the last that we were told
  Nanos now_{};
  // Changes of mode whose on_exit and on_enter have not begun: from which to which.
  std::vector<std::pair<std::size_t, std::size_t>> changes_;
  Dispatcher dispatcher_;  // last: its hooks use everything above
};

}  // namespace midimon
