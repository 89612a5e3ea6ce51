#include "wasm/ticker.h"

#include <algorithm>
#include <utility>

namespace midimon::wasm {
namespace {

// How long the thread keeps a timer running after the last call. A call that comes within it finds
// the thread already due to look before its deadline, and need not wake it.
constexpr Nanos kLinger = std::chrono::seconds(5);

// How soon a guest that has not noticed the end of its time is told again: it may have been
// deciding to go on at the very moment of the first tick.
constexpr Nanos kRemind = std::chrono::milliseconds(1);

Nanos steady_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace

Ticker::Ticker(std::function<void()> tick) : tick_(std::move(tick)), thread_([this] { run(); }) {}

Ticker::~Ticker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Ticker::arm(Ticket& ticket, Nanos deadline) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    ticket.expired_.store(false, std::memory_order_relaxed);
    ticket.deadline_ = deadline;
    ticket.slot_ = armed_.size();
    armed_.push_back(&ticket);
    last_armed_ = std::max(last_armed_, deadline);
    wake = deadline < wake_;
    if (wake) wake_ = deadline;
  }
  if (wake) changed_.notify_one();
}

void Ticker::disarm(Ticket& ticket) {
  const std::lock_guard lock(mutex_);
  armed_.back()->slot_ = ticket.slot_;
  armed_[ticket.slot_] = armed_.back();
  armed_.pop_back();
}

Nanos Ticker::expire_due(Nanos now) {
  Nanos next = Nanos::max();
  bool due = false;
  for (Ticket* ticket : armed_) {
    if (ticket->deadline_ <= now) {
      ticket->expired_.store(true, std::memory_order_relaxed);
      due = true;
      next = std::min(next, now + kRemind);
    } else {
      next = std::min(next, ticket->deadline_);
    }
  }
  if (due) tick_();
  if (next == Nanos::max() && last_armed_ > now - kLinger) next = now + kLinger;
  return next;
}

void Ticker::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_ = expire_due(steady_now());
    if (wake_ == Nanos::max()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, std::chrono::steady_clock::time_point(wake_));
    }
  }
}

}  // namespace midimon::wasm
