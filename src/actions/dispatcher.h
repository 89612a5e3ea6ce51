// The Dispatcher class runs the actions that mappings ask for and reports what became of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actions/inbox.h"
#include "actions/plugin_caller.h"
#include "actions/system_caller.h"
#include "base/clock.h"
#include "mapping/action.h"
#include "mapping/condition.h"
#include "mapping/event_values.h"
#include "midimon/outcome.h"

namespace midimon {

// The press an action runs for.
struct ActionContext {
  std::string description;             // of the mapping
  std::optional<int> velocity;         // 0 to 127
  std::optional<int> mode;             // index of the mode the event was matched in
  std::int64_t timestamp_ms = 0;       // of the event, since 1970-01-01T00:00:00Z
  Nanos event_time{};                  // of the event, on the clock that `now` is on
  EventValues values{};                // of the event, for the params of plugin calls
  Delivery delivery = Delivery::once;  // of the calls it asks for
  std::uint32_t lane = 0;              // the same for events about one note or controller
};

// `other` is what is never run itself: what the profile may not have, or an action that was
// cancelled before it could choose.
enum class ActionKind { plugin, mode_change, delay, system, other };

// What became of one action. What is made of others has a report for each of its steps, also for
// those that were not run, and none of its own; a Conditional or Cycle has those of what it chose.
struct ActionReport {
  std::string description;  // of the mapping
  ActionKind kind = ActionKind::plugin;
  std::string what;  // as describe() says: "plugin practice-log/note"
  bool ran = true;   // false: an earlier step failed, or all was cancelled, before its turn came
  Outcome outcome = Outcome::ok;  // `cancelled` where it did not run
  std::string message;            // for people; empty when there is nothing to add
  Nanos call_duration{};          // of the plugin call; 0 for anything else
  Nanos event_time{};
  Nanos latency{};  // from the event to the end of the action, less what Delay steps asked for
  Nanos took{};     // from the beginning of the action, or of its wait for others, to its end
  bool superseded = false;       // it did not run because a later value took its place
  std::string state_json{};      // what a plugin set its pad to show; empty: nothing
  std::optional<int> note{};     // of the event, 0 to 127
  std::optional<int> channel{};  // the same, 1 to 16
};

// Where the dispatcher's word goes. The first two are called on the dispatcher's own thread, from
// within its member functions, and must not call these.
struct DispatcherHooks {
  std::function<void(const ActionReport&)> report;
  std::function<void(std::size_t mode)> change_mode;
  // A report came in: advance() has something to do. Called on any thread, with a lock
  // held: it may wake another thread up, but not call the dispatcher. Not called any more once the
  // dispatcher is gone.
  std::function<void()> wake;
  // Whether a condition holds, asked on the dispatcher's thread when the turn of a Conditional
  // comes. Without it none does.
  std::function<bool(const Condition&)> holds{};
  // A plugin or the system is about to be asked for `what`, as its report will have it.
  std::function<void(const ActionContext&, const std::string& what)> asks{};
};

// One thread owns it and tells it the time. Calls of plugins and of the system run elsewhere; their
// reports come in on any thread, wait in an inbox, and are taken up by the next advance(). Nothing
// here blocks: a Delay is a time to wait for, a call a report to wait for, and all other actions go
// on meanwhile.
class Dispatcher {
 public:
  // A dispatched action. None has the number 0.
  using RunId = std::uint64_t;

  // `plugins` and `system` outlive this. Of the hooks, each may be empty.
  Dispatcher(PluginCaller& plugins, SystemCaller& system, DispatcherHooks hooks);
  // Leaves what still runs; a report that comes later is dropped. Call cancel_all() first to have
  // them reported.
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Starts `action`, which is not null. What needs no waiting is done, and reported, before this
  // returns.
  RunId dispatch(std::shared_ptr<const Action> action, ActionContext context, Nanos now);
  RunId dispatch(Action action, ActionContext context, Nanos now) {
    return dispatch(std::make_shared<const Action>(std::move(action)), std::move(context), now);
  }

  // The note that asked for it is released: what is held until then ends. Nothing if it has ended.
  void release(RunId run, Nanos now);
  // Ends it, reported as cancelled. Nothing if it has ended.
  void cancel(RunId run, Nanos now);

  // When the next Delay ends; nothing if none runs. (Reports announce themselves by `wake`.)
  [[nodiscard]] std::optional<Nanos> next_due() const;

  // Takes up the reports that came in and ends the Delays that are due by `now`.
  void advance(Nanos now);

  // How many dispatched actions have not ended. A Sequence counts as one.
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }

  // Takes up the reports that came in, then ends all that is in flight and reports it as cancelled.
  // A call that a plugin is already at runs on, but is not waited for.
  void cancel_all(Nanos now);

 private:
  // The pause before another round of a Repeat that lasts while a note is held.
  struct Round {
    const Repeat* repeat;
    bool paused = false;
  };
  // The end of a keystroke that is held.
  struct KeyUp {
    KeyChord chord;
  };
  using Step = std::variant<const Action*, Delay, Round, KeyUp>;

  // A dispatched action, or one of those that a Parallel of it does.
  struct Run {
    ActionContext context;
    std::shared_ptr<const Action> action;  // what the steps point into
    RunId parent = 0;                      // 0: it was dispatched
    std::vector<Step> steps;               // the next one is the last
    std::size_t ended = 0;                 // how many steps are over
    bool waiting = false;                  // for the end of the next step, which has begun
    Nanos began{};                         // when it did
    bool released = false;
    Nanos delayed{};                          // by its own Delay steps
    std::size_t children = 0;                 // that run
    std::string failed_child;                 // why one of them failed; empty if none did
    std::stop_source stop{std::nostopstate};  // of its call of the system
  };

  // Which call a report belongs to: that of the step after `ended` steps of run `run`.
  struct Ticket {
    RunId run = 0;
    std::size_t ended = 0;
    PluginReport report;
  };

  RunId start(std::shared_ptr<const Action> action, ActionContext context, RunId parent, Nanos now);
  void go_on(RunId id, Run& run, Nanos now);
  bool take_step(RunId id, Run& run, Nanos now);
  bool take_action(RunId id, Run& run, const Action& action, Nanos now);
  bool take_leaf(RunId id, Run& run, const Action& action, Nanos now);
  bool take_round(RunId id, Run& run, Nanos now);
  bool start_children(RunId id, Run& run, const Parallel& parallel, Nanos now);
  void wait(RunId id, Run& run, Nanos now, Nanos time);
  void end_wait(Run& run, Nanos now);
  void stop_waiting(RunId id, Run& run);
  void tell_of_call(const Run& run) const;
  void call_plugin(RunId id, const Run& run, const PluginAction& action);
  void call_system(RunId id, Run& run, SystemRequest request);
  void take_reports(Nanos now, bool go_on_after);
  void finish_call(Ticket& ticket, Nanos now, bool go_on_after);
  void fail_run(RunId id, Run& run, Nanos now, const std::string& why);
  void end(RunId id, Nanos now, const std::string& why);
  [[nodiscard]] std::vector<RunId> family(RunId id) const;
  void cancel_others(RunId id, Nanos now);

  void end_step(Run& run, Nanos now, PluginReport report, bool ran = true);
  void tell(const Run& run, ActionKind kind, std::string what, Nanos now, PluginReport report,
            bool ran) const;
  void skip(const Run& run, const Action& action, Nanos now, const std::string& why) const;
  void skip_rest(Run& run, Nanos now, const std::string& why);
  static const KeyChord* chord_to_hold(const Run& run);
  void let_go(const KeyChord& chord);

  PluginCaller& plugins_;
  SystemCaller& system_;
  DispatcherHooks hooks_;
  // Shared with the calls in progress, which may outlive this.
  std::shared_ptr<Inbox<Ticket>> inbox_;
  std::map<RunId, Run> runs_;
  std::set<std::pair<Nanos, RunId>> delays_;  // when they end; equal times in order of dispatch
  std::vector<std::size_t> turns_;            // of each Cycle, how often it came
  std::size_t in_flight_ = 0;
  RunId next_id_ = 1;
};

}  // namespace midimon
