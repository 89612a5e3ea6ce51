// The Dispatcher class runs the actions that mappings ask for and reports what became of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actions/plugin_caller.h"
#include "base/clock.h"
#include "mapping/action.h"
#include "mapping/condition.h"
#include "mapping/event_values.h"
#include "midimon/outcome.h"

namespace midimon {

// The press an action runs for.
struct ActionContext {
  std::string description;        // of the mapping
  std::optional<int> velocity;    // 0 to 127
  std::optional<int> mode;        // index of the mode the event was matched in
  std::int64_t timestamp_ms = 0;  // of the event, since 1970-01-01T00:00:00Z
  Nanos event_time{};             // of the event, on the clock that `now` is on
  EventValues values{};           // of the event, for the params of plugin calls
};

// `other` is what is never run itself: a kind that this version does not do, or a Conditional that
// was cancelled before it could choose.
enum class ActionKind { plugin, mode_change, delay, other };

// What became of one action. A Sequence or Repeat has a report for each of its steps, also for
// those that were not run, and none of its own; a Conditional has those of what it chose.
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
};

// Where the dispatcher's word goes. The first two are called on the dispatcher's own thread, from
// within its member functions, and must not call these.
struct DispatcherHooks {
  std::function<void(const ActionReport&)> report;
  std::function<void(std::size_t mode)> change_mode;
  // A plugin's report came in: advance() has something to do. Called on any thread, with a lock
  // held: it may wake another thread up, but not call the dispatcher. Not called any more once the
  // dispatcher is gone.
  std::function<void()> wake;
  // Whether a condition holds, asked on the dispatcher's thread when the turn of a Conditional
  // comes. Without it none does.
  std::function<bool(const Condition&)> holds{};
};

// One thread owns it and tells it the time. Plugin calls run elsewhere; their reports come in on
// any thread, wait in an inbox, and are taken up by the next advance(). Nothing here blocks: a
// Delay is a time to wait for, a plugin call a report to wait for, and all other actions go on
// meanwhile.
class Dispatcher {
 public:
  // `caller` outlives this. Of the hooks, each may be empty.
  Dispatcher(PluginCaller& caller, DispatcherHooks hooks);
  // Leaves what still runs; a report that comes later is dropped. Call cancel_all() first to have
  // them reported.
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Starts `action`. What needs no waiting is done, and reported, before this returns.
  void dispatch(const Action& action, ActionContext context, Nanos now);

  // When the next Delay ends; nothing if none runs. (Plugin reports announce themselves by `wake`.)
  [[nodiscard]] std::optional<Nanos> next_due() const;

  // Takes up the reports that came in and ends the Delays that are due by `now`.
  void advance(Nanos now);

  // How many dispatched actions have not ended. A Sequence counts as one.
  [[nodiscard]] std::size_t in_flight() const { return runs_.size(); }

  // Takes up the reports that came in, then ends all that is in flight and reports it as cancelled.
  // A call that a plugin is already at runs on, but is not waited for.
  void cancel_all(Nanos now);

 private:
  using Step = std::variant<PluginAction, ModeChange, Delay, Conditional, UnavailableAction>;
  using RunId = std::uint64_t;

  // One dispatched action: its steps, of which those before `next` are over.
  struct Run {
    ActionContext context;
    std::vector<Step> steps;
    std::size_t next = 0;
    bool waiting = false;  // for the end of step `next`, which has begun
    Nanos delayed{};       // by its own Delay steps
  };

  // Which call a report belongs to: that of step `step` of run `run`.
  struct Ticket {
    RunId run = 0;
    std::size_t step = 0;
  };

  class Inbox;

  static void append_steps(const Action& action, std::vector<Step>& steps);
  void go_on(RunId id, Run& run, Nanos now);
  void choose(Run& run);
  void call_plugin(RunId id, const Run& run, const PluginAction& action);
  void take_reports(Nanos now, bool go_on_after);
  void finish_call(const Ticket& ticket, PluginReport report, Nanos now, bool go_on_after);
  void end_step(Run& run, Nanos now, PluginReport report, bool ran = true);
  void skip_rest(Run& run, Nanos now, const std::string& why);

  PluginCaller& caller_;
  DispatcherHooks hooks_;
  // Shared with the calls in progress, which may outlive this.
  std::shared_ptr<Inbox> inbox_;
  std::map<RunId, Run> runs_;
  std::set<std::pair<Nanos, RunId>> delays_;  // when they end; equal times in order of dispatch
  RunId next_id_ = 0;
};

}  // namespace midimon
