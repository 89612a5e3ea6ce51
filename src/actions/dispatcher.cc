#include "actions/dispatcher.h"

#include <fmt/format.h>

#include <mutex>

namespace midimon {

// Where plugin reports wait for the dispatcher's thread. Thread-safe.
class Dispatcher::Inbox {
 public:
  explicit Inbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void put(const Ticket& ticket, PluginReport report) {
    const std::scoped_lock lock(mutex_);
    if (closed_) return;
    reports_.emplace_back(ticket, std::move(report));
    // One call is enough until they are taken. Under the lock, so that none is made after close().
    if (reports_.size() == 1 && wake_) wake_();
  }

  std::vector<std::pair<Ticket, PluginReport>> take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(reports_, {});
  }

  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    reports_.clear();
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<Ticket, PluginReport>> reports_;
  std::function<void()> wake_;
  bool closed_ = false;
};

namespace {

ActionKind kind_of(const PluginAction&) {
  return ActionKind::plugin;
}
ActionKind kind_of(const ModeChange&) {
  return ActionKind::mode_change;
}
ActionKind kind_of(const Delay&) {
  return ActionKind::delay;
}
ActionKind kind_of(const Conditional&) {
  return ActionKind::other;
}
ActionKind kind_of(const UnavailableAction&) {
  return ActionKind::other;
}

}  // namespace

Dispatcher::Dispatcher(PluginCaller& caller, DispatcherHooks hooks)
    : caller_(caller), hooks_(std::move(hooks)), inbox_(std::make_shared<Inbox>(hooks_.wake)) {}

Dispatcher::~Dispatcher() {
  inbox_->close();
}

// A Sequence in a Sequence ends the outer one when it fails, and so is the same as its steps.
void Dispatcher::append_steps(const Action& action, std::vector<Step>& steps) {
  if (const auto* sequence = std::get_if<Sequence>(&action.what)) {
    for (const Action& inner : sequence->actions)
      append_steps(inner, steps);
  } else if (const auto* plugin = std::get_if<PluginAction>(&action.what)) {
    steps.emplace_back(*plugin);
  } else if (const auto* change = std::get_if<ModeChange>(&action.what)) {
    steps.emplace_back(*change);
  } else if (const auto* conditional = std::get_if<Conditional>(&action.what)) {
    steps.emplace_back(*conditional);
  } else if (const auto* repeat = std::get_if<Repeat>(&action.what)) {
    for (int i = 0; i < repeat->count; ++i) {
      if (i > 0 && repeat->delay > Nanos{}) steps.emplace_back(Delay{repeat->delay});
      append_steps(repeat->action.front(), steps);
    }
  } else if (const auto* unavailable = std::get_if<UnavailableAction>(&action.what)) {
    steps.emplace_back(*unavailable);
  } else {
    steps.emplace_back(std::get<Delay>(action.what));
  }
}

// Puts what a Conditional, whose turn it is, has chosen in its place.
void Dispatcher::choose(Run& run) {
  const auto at = run.steps.begin() + static_cast<std::ptrdiff_t>(run.next);
  const Conditional conditional = std::move(std::get<Conditional>(*at));
  const bool yes = hooks_.holds && hooks_.holds(conditional.condition);
  std::vector<Step> chosen;
  for (const Action& action : yes ? conditional.then : conditional.otherwise)
    append_steps(action, chosen);
  run.steps.insert(run.steps.erase(at), chosen.begin(), chosen.end());
}

void Dispatcher::dispatch(const Action& action, ActionContext context, Nanos now) {
  const RunId id = next_id_++;
  Run& run = runs_[id];
  run.context = std::move(context);
  append_steps(action, run.steps);
  go_on(id, run, now);
}

// Runs steps until one has to be waited for, or none is left and the run is removed.
void Dispatcher::go_on(RunId id, Run& run, Nanos now) {
  while (run.next < run.steps.size()) {
    const Step& step = run.steps[run.next];
    if (std::holds_alternative<Conditional>(step)) {
      choose(run);
      continue;
    }
    if (const auto* unavailable = std::get_if<UnavailableAction>(&step)) {
      const std::string why = unavailable->type + " actions are not supported yet";
      end_step(run, now, {Outcome::cancelled, why, {}}, false);
      continue;
    }
    run.waiting = true;
    if (const auto* plugin = std::get_if<PluginAction>(&step)) {
      call_plugin(id, run, *plugin);
      return;
    }
    if (const auto* delay = std::get_if<Delay>(&step)) {
      delays_.emplace(now + delay->duration, id);
      return;
    }
    if (hooks_.change_mode) hooks_.change_mode(std::get<ModeChange>(step).mode);
    end_step(run, now, {});
  }
  runs_.erase(id);
}

void Dispatcher::call_plugin(RunId id, const Run& run, const PluginAction& action) {
  PluginCall call;
  call.plugin = action.plugin;
  call.action = action.action;
  call.params_json = action.params ? action.params->render(run.context.values) : action.params_json;
  call.velocity = run.context.velocity;
  call.mode = run.context.mode;
  call.timestamp_ms = run.context.timestamp_ms;
  const Ticket ticket{id, run.next};
  caller_.call(std::move(call), [inbox = inbox_, ticket](PluginReport report) {
    inbox->put(ticket, std::move(report));
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
    run.delayed += std::get<Delay>(run.steps[run.next]).duration;
    end_step(run, now, {});
    // The next Delay counts from the end of this one, however late it was noticed.
    go_on(id, run, due);
  }
  take_reports(now, true);
}

// Until none is left: a caller may answer at once, and the answer start the next step.
void Dispatcher::take_reports(Nanos now, bool go_on_after) {
  for (auto reports = inbox_->take(); !reports.empty(); reports = inbox_->take()) {
    for (auto& [ticket, report] : reports) {
      finish_call(ticket, std::move(report), now, go_on_after);
    }
  }
}

void Dispatcher::finish_call(const Ticket& ticket, PluginReport report, Nanos now,
                             bool go_on_after) {
  const auto found = runs_.find(ticket.run);
  // Cancelled meanwhile, or a caller that reports twice.
  if (found == runs_.end() || found->second.next != ticket.step) return;
  Run& run = found->second;
  const bool failed = report.outcome != Outcome::ok;
  const std::string why = failed ? fmt::format("not run: step {} failed ({})", ticket.step + 1,
                                               to_string(report.outcome))
                                 : "";
  end_step(run, now, std::move(report));
  if (failed) {
    skip_rest(run, now, why);
    runs_.erase(found);
  } else if (go_on_after) {
    go_on(ticket.run, run, now);
  }
}

void Dispatcher::end_step(Run& run, Nanos now, PluginReport report, bool ran) {
  const Step& step = run.steps[run.next++];
  run.waiting = false;
  if (!hooks_.report) return;
  ActionReport out;
  out.description = run.context.description;
  out.kind = std::visit([](const auto& action) { return kind_of(action); }, step);
  out.what = std::visit([](const auto& action) { return describe(action); }, step);
  out.ran = ran;
  out.outcome = report.outcome;
  out.message = std::move(report.message);
  out.call_duration = report.duration;
  out.event_time = run.context.event_time;
  out.latency = now - run.context.event_time - run.delayed;
  hooks_.report(out);
}

// Reports the steps whose turn will not come.
void Dispatcher::skip_rest(Run& run, Nanos now, const std::string& why) {
  while (run.next < run.steps.size()) {
    end_step(run, now, {Outcome::cancelled, why, {}}, false);
  }
}

void Dispatcher::cancel_all(Nanos now) {
  take_reports(now, false);
  delays_.clear();
  for (auto& [id, run] : std::exchange(runs_, {})) {
    if (run.waiting) end_step(run, now, {Outcome::cancelled, "cancelled while it ran", {}});
    skip_rest(run, now, "not run: cancelled");
  }
}

}  // namespace midimon
