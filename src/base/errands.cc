#include "base/errands.h"

#include <pthread.h>

#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <system_error>
#include <utility>

namespace midimon {
namespace {

void block_all_signals() {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

struct Errands::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> waiting;
  std::size_t running = 0;
  std::size_t max_running = 0;
  bool closing = false;

  // Its threads keep it alive.
  static void start_jobs(const std::shared_ptr<State>& state);
  static void work(const std::shared_ptr<State>& state);
};

// Until there is nothing left to do.
void Errands::State::work(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  while (!state->waiting.empty() && !state->closing) {
    {
      const std::function<void()> job = std::move(state->waiting.front());
      state->waiting.pop_front();
      lock.unlock();
      job();
    }
    lock.lock();
  }
  --state->running;
}

void Errands::State::start_jobs(const std::shared_ptr<State>& state) {
  block_all_signals();
  std::unique_lock lock(state->mutex);
  while (true) {
    state->changed.wait(lock, [&] {
      return state->closing || (!state->waiting.empty() && state->running < state->max_running);
    });
    if (state->closing) return;
    ++state->running;
    lock.unlock();
    bool started = true;
    try {
      std::thread([state] { work(state); }).detach();
    } catch (const std::system_error&) {
      started = false;
    }
    if (!started) work(state);  // one after the other, then
    lock.lock();
  }
}

Errands::Errands(std::size_t max_running) : state_(std::make_shared<State>()) {
  state_->max_running = max_running;
  thread_ = std::thread([state = state_] { State::start_jobs(state); });
}

Errands::~Errands() {
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard lock(state_->mutex);
    state_->closing = true;
    dropped.swap(state_->waiting);
  }
  state_->changed.notify_all();
  thread_.join();
}

bool Errands::run(std::function<void()> job) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->waiting.size() >= kMaxQueued) return false;
    state_->waiting.push_back(std::move(job));
  }
  state_->changed.notify_one();
  return true;
}

}  // namespace midimon
