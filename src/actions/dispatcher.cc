#include "actions/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>

namespace midimon {
namespace {

ActionKind kind_of(const Action& action) {
  if (std::holds_alternative<PluginAction>(action.what)) return ActionKind::plugin;
  if (std::holds_alternative<ModeChange>(action.what)) return ActionKind::mode_change;
  if (std::holds_alternative<Delay>(action.what)) return ActionKind::delay;
  const bool system = std::holds_alternative<SystemAction>(action.what) ||
                      std::holds_alternative<Panic>(action.what);
  return system ? ActionKind::system : ActionKind::other;
}

// The chord that an action leaves down, if it does.
const KeyChord* held_chord(const Action& action) {
  const auto* system = std::get_if<SystemAction>(&action.what);
  const auto* keys = system == nullptr ? nullptr : std::get_if<Keystroke>(&system->what);
  return keys != nullptr && keys->hold ? &keys->chords.back() : nullptr;
}

SystemRequest key_up(const KeyChord& chord) {
  return KeyRequest{{chord}, KeyMotion::up};
}

}  // namespace

Dispatcher::Dispatcher(PluginCaller& plugins, SystemCaller& system, DispatcherHooks hooks)
    : plugins_(plugins),
      system_(system),
      hooks_(std::move(hooks)),
      inbox_(std::make_shared<Inbox<Ticket>>(hooks_.wake)) {}

Dispatcher::~Dispatcher() {
  inbox_->close();
}

Dispatcher::RunId Dispatcher::dispatch(std::shared_ptr<const Action> action, ActionContext context,
                                       Nanos now) {
  ++in_flight_;
  return start(std::move(action), std::move(context), 0, now);
}

Dispatcher::RunId Dispatcher::start(std::shared_ptr<const Action> action, ActionContext context,
                                    RunId parent, Nanos now) {
  const RunId id = next_id_++;
  Run& run = runs_[id];
  run.context = std::move(context);
  run.action = std::move(action);
  run.parent = parent;
  run.released = parent != 0 && runs_.at(parent).released;
  run.steps.emplace_back(run.action.get());
  go_on(id, run, now);
  return id;
}

// Takes steps until one has to be waited for, or none is left and the run is removed.
void Dispatcher::go_on(RunId id, Run& run, Nanos now) {
  while (!run.steps.empty()) {
    if (!take_step(id, run, now)) return;
  }
  end(id, now, "");
}

// False if it has to be waited for, or the run has ended.
bool Dispatcher::take_step(RunId id, Run& run, Nanos now) {
  const Step step = run.steps.back();
  if (const auto* action = std::get_if<const Action*>(&step)) {
    return take_action(id, run, **action, now);
  }
  if (const auto* delay = std::get_if<Delay>(&step)) {
    wait(id, run, now, delay->duration);
    return false;
  }
  if (std::holds_alternative<Round>(step)) return take_round(id, run, now);
  if (run.released) {
    run.waiting = true;
    run.began = now;
    call_system(id, run, key_up(std::get<KeyUp>(step).chord));
  }
  return false;
}

// What is made of other actions is replaced by these. A Sequence in a Sequence ends the outer one
// when it fails, and so is the same as its steps.
bool Dispatcher::take_action(RunId id, Run& run, const Action& action, Nanos now) {
  const auto replace_by = [&run](const Action& inner) { run.steps.back() = &inner; };
  if (const auto* sequence = std::get_if<Sequence>(&action.what)) {
    run.steps.pop_back();
    for (auto inner = sequence->actions.rbegin(); inner != sequence->actions.rend(); ++inner)
      run.steps.emplace_back(&*inner);
    return true;
  }
  if (const auto* repeat = std::get_if<Repeat>(&action.what)) {
    run.steps.pop_back();
    if (repeat->while_held) run.steps.emplace_back(Round{repeat});
    for (int i = 0; !repeat->while_held && i < repeat->count; ++i) {
      if (i > 0 && repeat->delay > Nanos{}) run.steps.emplace_back(Delay{repeat->delay});
      run.steps.emplace_back(&repeat->action.front());
    }
    return true;
  }
  if (const auto* conditional = std::get_if<Conditional>(&action.what)) {
    const bool yes = hooks_.holds && hooks_.holds(conditional->condition);
    const auto& chosen = yes ? conditional->then : conditional->otherwise;
    if (chosen.empty()) {
      run.steps.pop_back();
    } else {
      replace_by(chosen.front());
    }
    return true;
  }
  if (const auto* cycle = std::get_if<Cycle>(&action.what)) {
    turns_.resize(std::max(turns_.size(), cycle->number + 1));
    replace_by(cycle->actions[turns_[cycle->number]++ % cycle->actions.size()]);
    return true;
  }
  if (const auto* parallel = std::get_if<Parallel>(&action.what)) {
    return start_children(id, run, *parallel, now);
  }
  return take_leaf(id, run, action, now);
}

bool Dispatcher::take_leaf(RunId id, Run& run, const Action& action, Nanos now) {
  if (const auto* unavailable = std::get_if<UnavailableAction>(&action.what)) {
    end_step(run, now, {Outcome::cancelled, unavailable->why, {}}, false);
    return true;
  }
  if (const auto* change = std::get_if<ModeChange>(&action.what)) {
    if (hooks_.change_mode) hooks_.change_mode(change->mode);
    end_step(run, now, {});
    return true;
  }
  if (const auto* delay = std::get_if<Delay>(&action.what)) {
    wait(id, run, now, delay->duration);
    return false;
  }
  run.waiting = true;
  run.began = now;
  if (const auto* plugin = std::get_if<PluginAction>(&action.what)) {
    call_plugin(id, run, *plugin);
  } else if (const auto* system = std::get_if<SystemAction>(&action.what)) {
    call_system(id, run, request_of(*system, run.context.values));
  } else {  // Panic
    cancel_others(id, now);
    call_system(id, run, SilenceRequest{});
  }
  return false;
}

bool Dispatcher::take_round(RunId id, Run& run, Nanos now) {
  Round& round = std::get<Round>(run.steps.back());
  if (run.released) {
    run.steps.pop_back();
    return true;
  }
  if (round.paused) {
    wait(id, run, now, round.repeat->delay);
    return false;
  }
  round.paused = true;
  run.steps.emplace_back(&round.repeat->action.front());
  return true;
}

bool Dispatcher::start_children(RunId id, Run& run, const Parallel& parallel, Nanos now) {
  run.steps.pop_back();
  // One more than there are, so that none of them ends this while others are yet to start.
  run.children = parallel.actions.size() + 1;
  for (const Action& action : parallel.actions)
    start(std::shared_ptr<const Action>(run.action, &action), run.context, id, now);
  if (--run.children > 0) return false;
  if (run.failed_child.empty()) return true;
  fail_run(id, run, now, std::exchange(run.failed_child, {}));
  return false;
}

void Dispatcher::wait(RunId id, Run& run, Nanos now, Nanos time) {
  run.waiting = true;
  run.began = now;
  delays_.emplace(now + time, id);
}

void Dispatcher::tell_of_call(const Run& run) const {
  if (!hooks_.asks) return;
  const Step& step = run.steps.back();
  if (const auto* action = std::get_if<const Action*>(&step)) {
    hooks_.asks(run.context, describe(**action));
  } else if (const auto* up = std::get_if<KeyUp>(&step)) {
    hooks_.asks(run.context, describe(key_up(up->chord)));
  }
}

void Dispatcher::call_plugin(RunId id, const Run& run, const PluginAction& action) {
  tell_of_call(run);
  PluginCall call;
  call.plugin = action.plugin;
  call.action = action.action;
  call.params_json = action.params ? action.params->render(run.context.values) : action.params_json;
  call.velocity = run.context.velocity;
  call.mode = run.context.mode;
  call.timestamp_ms = run.context.timestamp_ms;
  // What is a step among others is done whatever comes later.
  const bool alone = run.parent == 0 && std::holds_alternative<PluginAction>(run.action->what);
  const bool is_value = run.context.delivery == Delivery::latest;
  call.delivery = is_value && !alone ? Delivery::once : run.context.delivery;
  call.lane = {&action, run.context.lane};
  plugins_.call(std::move(call), [inbox = inbox_, id, ended = run.ended](PluginReport report) {
    inbox->put({id, ended, std::move(report)});
  });
}

void Dispatcher::call_system(RunId id, Run& run, SystemRequest request) {
  tell_of_call(run);
  run.stop = std::stop_source();
  system_.call(std::move(request), run.stop.get_token(),
               [inbox = inbox_, id, ended = run.ended](SystemReport report) {
                 inbox->put({id, ended, {report.outcome, std::move(report.message), {}}});
               });
}

std::optional<Nanos> Dispatcher::next_due() const {
  if (delays_.empty()) return std::nullopt;
  return delays_.begin()->first;
}

void Dispatcher::advance(Nanos now) {
  take_reports(now, true);
  while (!delays_.empty() && delays_.begin()->first <= now) {
    const auto [due, id] = delays_.extract(delays_.begin()).value();
    Run& run = runs_.at(id);
    end_wait(run, now);
    // The next Delay counts from the end of this one, however late it was noticed.
    go_on(id, run, due);
  }
  take_reports(now, true);
}

void Dispatcher::end_wait(Run& run, Nanos now) {
  Step& step = run.steps.back();
  if (auto* round = std::get_if<Round>(&step)) {
    run.waiting = round->paused = false;
    run.delayed += round->repeat->delay;
    return;
  }
  const auto* pause = std::get_if<Delay>(&step);
  run.delayed += pause != nullptr ? pause->duration
                                  : std::get<Delay>(std::get<const Action*>(step)->what).duration;
  end_step(run, now, {});
}

// Until none is left: a caller may answer at once, and the answer start the next step.
void Dispatcher::take_reports(Nanos now, bool go_on_after) {
  for (auto tickets = inbox_->take(); !tickets.empty(); tickets = inbox_->take()) {
    for (Ticket& ticket : tickets)
      finish_call(ticket, now, go_on_after);
  }
}

void Dispatcher::finish_call(Ticket& ticket, Nanos now, bool go_on_after) {
  const auto found = runs_.find(ticket.run);
  // Cancelled meanwhile, or a caller that reports twice.
  if (found == runs_.end() || found->second.ended != ticket.ended || !found->second.waiting) return;
  Run& run = found->second;
  const bool failed = ticket.report.outcome != Outcome::ok;
  const std::string why = failed ? fmt::format("not run: step {} failed ({})", run.ended + 1,
                                               to_string(ticket.report.outcome))
                                 : "";
  const KeyChord* held = chord_to_hold(run);
  const bool ran = !ticket.report.superseded;
  end_step(run, now, std::move(ticket.report), ran);
  if (failed) {
    fail_run(ticket.run, run, now, why);
    return;
  }
  if (held != nullptr) run.steps.emplace_back(KeyUp{*held});
  if (go_on_after) go_on(ticket.run, run, now);
}

void Dispatcher::fail_run(RunId id, Run& run, Nanos now, const std::string& why) {
  skip_rest(run, now, why);
  end(id, now, why);
}

// Removes a run that has nothing left to do, and lets what waited for it go on. `why` is why it
// failed; empty if it did not.
void Dispatcher::end(RunId id, Nanos now, const std::string& why) {
  const RunId parent = runs_.extract(id).mapped().parent;
  if (parent == 0) {
    --in_flight_;
    return;
  }
  Run& run = runs_.at(parent);
  if (run.failed_child.empty()) run.failed_child = why;
  if (--run.children > 0) return;
  if (run.failed_child.empty()) {
    go_on(parent, run, now);
  } else {
    fail_run(parent, run, now, std::exchange(run.failed_child, {}));
  }
}

// The dispatched run and those that it is made of, the oldest first.
std::vector<Dispatcher::RunId> Dispatcher::family(RunId id) const {
  std::vector<RunId> out;
  // Children are younger than their parents.
  for (auto at = runs_.find(id); at != runs_.end(); ++at) {
    const RunId parent = at->second.parent;
    if (at->first == id || std::find(out.begin(), out.end(), parent) != out.end()) {
      out.push_back(at->first);
    }
  }
  return out;
}

void Dispatcher::stop_waiting(RunId id, Run& run) {
  run.waiting = false;
  std::erase_if(delays_, [id](const auto& delay) { return delay.second == id; });
}

void Dispatcher::release(RunId run, Nanos now) {
  const std::vector<RunId> all = family(run);
  for (const RunId id : all)
    runs_.at(id).released = true;
  for (const RunId id : all) {
    const auto found = runs_.find(id);
    if (found == runs_.end() || found->second.steps.empty()) continue;
    Run& held = found->second;
    const Step& step = held.steps.back();
    if (std::holds_alternative<Round>(step)) {
      stop_waiting(id, held);
      go_on(id, held, now);
    } else if (std::holds_alternative<KeyUp>(step) && !held.waiting) {
      go_on(id, held, now);
    }
  }
}

void Dispatcher::cancel(RunId run, Nanos now) {
  const std::vector<RunId> all = family(run);
  for (const RunId id : all) {
    Run& ending = runs_.at(id);
    ending.stop.request_stop();
    if (ending.waiting && !std::holds_alternative<Round>(ending.steps.back())) {
      const KeyChord* held = chord_to_hold(ending);
      end_step(ending, now, {Outcome::cancelled, "cancelled while it ran", {}});
      // It may be down by now, and the report of that on its way.
      if (held != nullptr) let_go(*held);
    }
    stop_waiting(id, ending);
    skip_rest(ending, now, "not run: cancelled");
  }
  for (const RunId id : all)
    runs_.erase(id);
  if (!all.empty()) --in_flight_;
}

void Dispatcher::cancel_others(RunId id, Nanos now) {
  while (runs_.at(id).parent != 0)
    id = runs_.at(id).parent;
  std::vector<RunId> others;
  for (const auto& [other, run] : runs_) {
    if (run.parent == 0 && other != id) others.push_back(other);
  }
  for (const RunId other : others)
    cancel(other, now);
}

void Dispatcher::cancel_all(Nanos now) {
  take_reports(now, false);
  while (!runs_.empty())
    cancel(runs_.begin()->first, now);  // the oldest is nobody's child
}

void Dispatcher::end_step(Run& run, Nanos now, PluginReport report, bool ran) {
  const Step step = run.steps.back();
  run.steps.pop_back();
  if (!std::exchange(run.waiting, false)) run.began = now;
  ++run.ended;
  if (const auto* action = std::get_if<const Action*>(&step)) {
    tell(run, kind_of(**action), describe(**action), now, std::move(report), ran);
  } else if (const auto* delay = std::get_if<Delay>(&step)) {
    tell(run, ActionKind::delay, describe(*delay), now, std::move(report), ran);
  } else if (const auto* up = std::get_if<KeyUp>(&step)) {
    tell(run, ActionKind::system, describe(key_up(up->chord)), now, std::move(report), ran);
  }
}

void Dispatcher::tell(const Run& run, ActionKind kind, std::string what, Nanos now,
                      PluginReport report, bool ran) const {
  if (!hooks_.report) return;
  ActionReport out;
  out.description = run.context.description;
  out.kind = kind;
  out.what = std::move(what);
  out.ran = ran;
  out.outcome = report.outcome;
  out.message = std::move(report.message);
  out.call_duration = report.duration;
  out.event_time = run.context.event_time;
  out.latency = now - run.context.event_time - run.delayed;
  out.took = now - run.began;
  out.superseded = report.superseded;
  out.state_json = std::move(report.state_json);
  out.note = run.context.values.note;
  out.channel = run.context.values.channel;
  hooks_.report(out);
}

// Reports the steps of an action whose turn will not come.
void Dispatcher::skip(const Run& run, const Action& action, Nanos now,
                      const std::string& why) const {
  const auto skip_one = [&](const Action& one) { skip(run, one, now, why); };
  if (const auto* sequence = std::get_if<Sequence>(&action.what)) {
    std::for_each(sequence->actions.begin(), sequence->actions.end(), skip_one);
  } else if (const auto* parallel = std::get_if<Parallel>(&action.what)) {
    std::for_each(parallel->actions.begin(), parallel->actions.end(), skip_one);
  } else if (const auto* repeat = std::get_if<Repeat>(&action.what)) {
    for (int i = 0; i < repeat->count; ++i) {
      if (i > 0 && repeat->delay > Nanos{}) skip_one({Delay{repeat->delay}});
      skip_one(repeat->action.front());
    }
  } else {
    tell(run, kind_of(action), describe(action), now, {Outcome::cancelled, why, {}}, false);
  }
}

// Lets go of a key that is held, too.
void Dispatcher::skip_rest(Run& run, Nanos now, const std::string& why) {
  for (; !run.steps.empty(); run.steps.pop_back()) {
    const Step& step = run.steps.back();
    if (const auto* action = std::get_if<const Action*>(&step)) {
      skip(run, **action, now, why);
    } else if (const auto* delay = std::get_if<Delay>(&step)) {
      skip(run, {*delay}, now, why);
    } else if (const auto* up = std::get_if<KeyUp>(&step)) {
      let_go(up->chord);
    }
  }
}

// What it leaves down, if it is a keystroke that the run waits for.
const KeyChord* Dispatcher::chord_to_hold(const Run& run) {
  const auto* action = std::get_if<const Action*>(&run.steps.back());
  return action != nullptr ? held_chord(**action) : nullptr;
}

// Without a report: whoever asked for it is gone.
void Dispatcher::let_go(const KeyChord& chord) {
  system_.call(key_up(chord), {}, [](const SystemReport&) {});
}

}  // namespace midimon
