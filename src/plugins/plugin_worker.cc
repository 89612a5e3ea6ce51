#include "plugins/plugin_worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "plugins/call_queue.h"

namespace midimon::plugins {
namespace {

std::atomic<std::size_t> lost = 0;

}  // namespace

std::size_t lost_threads() {
  return lost.load();
}

struct PluginWorker::State : std::enable_shared_from_this<State> {
  State(std::string id, std::unique_ptr<Callee> what, const Clock& time, PluginHooks told)
      : plugin(std::move(id)), callee(std::move(what)), clock(time), hooks(std::move(told)) {}

  // What a thread is at that may not return.
  struct Running {
    std::function<void(PluginReport)> done;  // empty but of a call
    Nanos began{};
    bool is_preparation = false;
  };

  void start_thread(std::unique_lock<std::mutex>& lock);
  void work(std::uint64_t number);
  Result<void> begin(std::unique_lock<std::mutex>& lock, std::uint64_t number);
  void prepare(std::unique_lock<std::mutex>& lock, std::uint64_t number);
  void run_next(std::unique_lock<std::mutex>& lock, std::uint64_t number);
  void poll(std::unique_lock<std::mutex>& lock, std::uint64_t number);
  void end_call(std::unique_lock<std::mutex>& lock, const PluginReport& report);
  void leave_stuck_thread(std::unique_lock<std::mutex>& lock, Nanos now);
  [[nodiscard]] bool is_stuck(Nanos now) const;
  void tell(const std::optional<std::string>& news) const {
    if (news && hooks.notice) hooks.notice(plugin, *news);
  }

  const std::string plugin;
  const std::unique_ptr<Callee> callee;
  const Clock& clock;
  const PluginHooks hooks;

  std::mutex mutex;
  std::condition_variable changed;
  CallQueue queue;
  FailureWatch watch;
  std::optional<Running> running;
  std::optional<Nanos> next_poll;   // nothing for what has no events
  std::uint64_t thread_number = 1;  // of the one that works; those before were given up
  std::thread thread;
  int stuck_preparations = 0;
  bool poll_failed = false;  // the last one did
  bool stopping = false;
  bool stopped = false;  // the thread has nothing left to do
  std::uint64_t calls = 0;
  std::uint64_t failures = 0;
};

void PluginWorker::State::start_thread(std::unique_lock<std::mutex>& /*held*/) {
  thread = std::thread([self = shared_from_this(), number = thread_number] { self->work(number); });
}

void PluginWorker::State::work(std::uint64_t number) {
  std::unique_lock lock(mutex);
  const Result<void> begun = begin(lock, number);
  if (begun && number == thread_number && callee->polls()) next_poll = clock.monotonic();
  const auto has_work = [&] { return stopping || !queue.empty() || number != thread_number; };
  while (number == thread_number) {
    if (next_poll) {
      const Nanos now = clock.monotonic();
      if (*next_poll <= now && !stopping) {
        poll(lock, number);
        continue;
      }
      changed.wait_for(lock, std::max(*next_poll - now, Nanos{}), has_work);
      if (!has_work()) continue;
    } else {
      changed.wait(lock, has_work);
    }
    if (number != thread_number) break;
    if (queue.empty()) {  // stopping
      stopped = true;
      changed.notify_all();
      return;
    }
    if (begun) {
      run_next(lock, number);
      continue;
    }
    CallJob job = queue.pop();
    lock.unlock();
    job.done({Outcome::denied, begun.error().message, {}});
    lock.lock();
  }
  --lost;
}

// What a thread does first. One that took the place of another has calls that wait.
Result<void> PluginWorker::State::begin(std::unique_lock<std::mutex>& lock, std::uint64_t number) {
  const Nanos now = clock.monotonic();
  if (watch.health(now) == Health::quarantined) {
    return fail(ErrorCode::denied, watch.refusal(now).value_or(""));
  }
  running = Running{{}, now, true};
  lock.unlock();
  auto begun = callee->begin_thread();
  lock.lock();
  if (number != thread_number) return begun;
  running.reset();
  if (begun && number == 1) prepare(lock, number);
  return begun;
}

// Opens the lock for a while. Where it got stuck again and again the calls do it themselves.
void PluginWorker::State::prepare(std::unique_lock<std::mutex>& lock, std::uint64_t number) {
  if (stuck_preparations >= kMaxStuckPreparations) return;
  running = Running{{}, clock.monotonic(), true};
  lock.unlock();
  callee->prepare();
  lock.lock();
  if (number == thread_number) running.reset();
}

void PluginWorker::State::run_next(std::unique_lock<std::mutex>& lock, std::uint64_t number) {
  CallJob job = queue.pop();
  const Nanos now = clock.monotonic();
  if (auto refusal = watch.refusal(now)) {
    lock.unlock();
    job.done({Outcome::denied, std::move(*refusal), {}});
    lock.lock();
    return;
  }
  running = Running{std::move(job.done), now, false};
  ++calls;
  lock.unlock();
  PluginReport report = callee->call(job.call);
  lock.lock();
  if (number != thread_number) return;  // somebody else has reported it
  auto done = std::move(running->done);
  end_call(lock, report);
  done(std::move(report));
  lock.lock();
  prepare(lock, number);  // after the answer: nobody waits for it
}

// Opens the lock.
void PluginWorker::State::end_call(std::unique_lock<std::mutex>& lock, const PluginReport& report) {
  running.reset();
  if (FailureWatch::is_failure(report.outcome)) ++failures;
  const auto news = watch.ended(report.outcome, clock.monotonic());
  lock.unlock();
  tell(news);
  if (!report.state_json.empty() && hooks.state) hooks.state(plugin, report.state_json);
}

void PluginWorker::State::poll(std::unique_lock<std::mutex>& lock, std::uint64_t number) {
  const Nanos now = clock.monotonic();
  next_poll = now + kPollAgain;
  if (watch.refusal(now)) return;
  running = Running{{}, now, false};
  ++calls;
  lock.unlock();
  PolledEvents polled;
  const PluginReport report = callee->poll(polled);
  lock.lock();
  if (number != thread_number) return;
  next_poll = clock.monotonic() + polled.next;
  const bool said = std::exchange(poll_failed, report.outcome != Outcome::ok);
  end_call(lock, report);
  if (report.outcome != Outcome::ok && !said) {
    tell("was asked for events and failed: " + report.message);
  }
  for (const TypedEvent& event : polled.events) {
    if (hooks.event) hooks.event(plugin, bytes_of(event));
  }
  lock.lock();
  prepare(lock, number);
}

PluginWorker::PluginWorker(std::string plugin, std::unique_ptr<Callee> callee, const Clock& clock,
                           PluginHooks hooks)
    : state_(
          std::make_shared<State>(std::move(plugin), std::move(callee), clock, std::move(hooks))) {
  std::unique_lock lock(state_->mutex);
  state_->start_thread(lock);
}

PluginWorker::~PluginWorker() {
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  state.stopping = true;
  state.changed.notify_all();
  while (!state.changed.wait_for(lock, kGrace / 4, [&] { return state.stopped; })) {
    if (state.is_stuck(state.clock.monotonic())) {
      state.leave_stuck_thread(lock, state.clock.monotonic());
    }
  }
  std::thread thread = std::move(state.thread);
  lock.unlock();
  thread.join();
}

void PluginWorker::call(PluginCall call, std::function<void(PluginReport)> done) {
  std::optional<CallQueue::Displaced> displaced;
  {
    const std::lock_guard lock(state_->mutex);
    displaced = state_->queue.push({std::move(call), std::move(done)});
  }
  state_->changed.notify_one();
  if (!displaced) return;
  if (displaced->superseded) {
    displaced->job.done({Outcome::cancelled, "a later value took its place", {}, true});
  } else {
    displaced->job.done({Outcome::cancelled,
                         fmt::format("{} calls already wait for \"{}\"; this one was dropped.",
                                     CallQueue::kMaxWaiting, state_->plugin),
                         {}});
  }
}

bool PluginWorker::State::is_stuck(Nanos now) const {
  if (!running) return false;
  const Nanos took = now - running->began;
  // Without overflow: a limit may be as long as can be.
  return took > kGrace && took - kGrace > callee->limit();
}

// Reports its call, if it is at one, and goes on with another thread. The lock is open for a while.
void PluginWorker::State::leave_stuck_thread(std::unique_lock<std::mutex>& lock, Nanos now) {
  const Running call = std::move(*running);
  running.reset();
  callee->give_up();
  ++lost;
  if (call.is_preparation) {
    ++stuck_preparations;
  } else {
    ++failures;
  }
  const auto news = watch.ended(Outcome::deadline_exceeded, now);
  thread.detach();
  ++thread_number;
  lock.unlock();
  tell(call.is_preparation ? "is stuck in getting ready for a call, and got a new thread."
                           : "is stuck in a call that does not return, and got a new thread.");
  tell(news);
  if (call.done) {
    call.done({Outcome::deadline_exceeded,
               "The call did not return, long after its time was over; its thread was given up.",
               now - call.began});
  }
  lock.lock();
  start_thread(lock);  // after the report: those that wait are reported after it
}

void PluginWorker::look_after(Nanos now) {
  std::unique_lock lock(state_->mutex);
  if (state_->is_stuck(now)) state_->leave_stuck_thread(lock, now);
}

PluginStatus PluginWorker::status() const {
  const std::lock_guard lock(state_->mutex);
  PluginStatus status;
  status.plugin = state_->plugin;
  status.health = state_->watch.health(state_->clock.monotonic());
  status.waiting = state_->queue.size();
  status.calls = state_->calls;
  status.failures = state_->failures;
  status.dropped = state_->queue.dropped();
  status.superseded = state_->queue.superseded();
  status.restarts = state_->thread_number - 1;
  return status;
}

}  // namespace midimon::plugins
