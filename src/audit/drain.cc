#include "audit/drain.h"

#include <chrono>
#include <utility>

namespace midimon::audit {
namespace {

// While events come, the thread looks for more this often, so that nobody has to wake it.
constexpr auto kBusyPause = std::chrono::milliseconds(5);
// After so many looks without an event it sleeps, and the next event wakes it. It wakes up by
// itself as well, because counts and head records fall due without one.
constexpr int kLooks = 40;
constexpr auto kIdlePause = std::chrono::seconds(1);
// So much of the ring is handed on before a batch is settled.
constexpr std::size_t kBatch = 1024;

}  // namespace

Drain::Drain(std::size_t ring_bytes, Work work)
    : ring_(ring_bytes), work_(std::move(work)), thread_([this] { run(); }) {}

Drain::~Drain() {
  done_ = true;
  wake();
  thread_.join();
}

void Drain::push(const Event& event, Nanos time) {
  const auto end = ring_.push(event, time);
  if (asleep_.load(std::memory_order_relaxed)) {
    // One of those who see this wakes it. It may be missed for as long as the idle pause at most.
    if (asleep_.exchange(false)) wake();
  } else if (!end || ring_.used() > ring_.capacity() / 4) {
    if (!full_.exchange(true)) wake();
  }
}

void Drain::push_and_wait(const Event& event, Nanos time) {
  auto end = ring_.try_push(event, time);
  while (!end) {
    wait_until_settled(ring_.popped() + 1);
    end = ring_.try_push(event, time);
  }
  wait_until_settled(*end);
}

void Drain::wait_for_all() {
  std::unique_lock lock(mutex_);
  const std::uint64_t round = rounds_ + 1;  // the one that runs now may have missed something
  const Ring::Position end = ring_.pushed();
  awake_ = true;
  wake_.notify_one();
  settled_changed_.wait(lock, [&] { return settled_ >= end && rounds_ > round; });
}

void Drain::wait_until_settled(Ring::Position position) {
  std::unique_lock lock(mutex_);
  while (settled_ < position) {
    awake_ = true;
    wake_.notify_one();
    settled_changed_.wait(lock);
  }
}

void Drain::wake() {
  const std::lock_guard lock(mutex_);
  awake_ = true;
  wake_.notify_one();
}

void Drain::run() {
  int looks = 0;
  while (true) {
    const bool done = done_;  // before the look: what was pushed before it is seen
    const bool any = drain_batch();
    if (done && !any) return;
    looks = any ? 0 : looks + 1;
    if (!any) pause(looks > kLooks);
  }
}

// False: there was nothing.
bool Drain::drain_batch() {
  full_ = false;
  std::size_t count = 0;
  while (count < kBatch && ring_.pop([this](const Event& event) { take_one(event); }))
    ++count;
  if (count == 0) take_lost();
  guarded([this] { work_.settle(); });
  const std::lock_guard lock(mutex_);
  settled_ = ring_.popped();
  ++rounds_;
  settled_changed_.notify_all();
  return count > 0;
}

// What was dropped, when no event came after it to say so.
void Drain::take_lost() {
  Event lost;
  lost.kind = EventKind::lost;
  lost.count = ring_.take_lost();
  if (lost.count > 0) take_one(lost);
}

void Drain::take_one(const Event& event) {
  guarded([&] { work_.take(event); });
}

template <typename Call>
void Drain::guarded(Call call) {
  try {
    call();
  } catch (...) {  // whoever embeds us may throw anything
    ++thrown_;
  }
}

void Drain::pause(bool idle) {
  std::unique_lock lock(mutex_);
  asleep_ = idle;
  // Whoever pushed before it could see that has to be seen here.
  const bool empty = ring_.used() == 0;
  const auto most = idle && empty ? Nanos(kIdlePause) : Nanos(kBusyPause);
  wake_.wait_for(lock, most, [this] { return awake_; });
  asleep_ = false;
  awake_ = false;
}

}  // namespace midimon::audit
