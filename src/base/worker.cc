#include "base/worker.h"

#include <csignal>
#include <utility>

namespace midimon {

void block_signals() {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

Worker::Worker(std::size_t max_queued, std::function<void()> at_end)
    : max_queued_(max_queued), at_end_(std::move(at_end)), thread_([this] {
        block_signals();
        work();
        at_end_();
      }) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

bool Worker::post(Job job, Room room) {
  {
    const std::lock_guard lock(mutex_);
    if (room == Room::limited && queue_.size() >= max_queued_) return false;
    queue_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void Worker::linger(Nanos time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return closing_ || !queue_.empty(); });
}

bool Worker::closing() {
  const std::lock_guard lock(mutex_);
  return closing_;
}

void Worker::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const Job job = std::move(queue_.front());
    queue_.pop_front();
    const bool closing = closing_;
    lock.unlock();
    job(closing);
    lock.lock();
  }
}

}  // namespace midimon
