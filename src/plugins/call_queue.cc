#include "plugins/call_queue.h"

#include <algorithm>
#include <utility>

namespace midimon::plugins {

CallQueue::Displaced CallQueue::displace(CallJob job, bool superseded) {
  ++(superseded ? superseded_ : dropped_);
  return {std::move(job), superseded};
}

std::optional<CallQueue::Displaced> CallQueue::push(CallJob job) {
  if (job.call.delivery == Delivery::latest) {
    // Only past other values: what was pressed in between keeps its place in the order of things.
    for (auto at = jobs_.rbegin(); at != jobs_.rend(); ++at) {
      if (at->call.delivery != Delivery::latest) break;
      if (at->call.lane != job.call.lane) continue;
      std::swap(*at, job);
      return displace(std::move(job), true);
    }
  }
  std::optional<Displaced> displaced;
  if (jobs_.size() >= kMaxWaiting) {
    displaced = make_room(job);
    if (!job.done) return displaced;
  }
  jobs_.push_back(std::move(job));
  return displaced;
}

// What goes so that `job` may wait; `job` itself, which then is empty, if nothing else may go.
std::optional<CallQueue::Displaced> CallQueue::make_room(CallJob& job) {
  const bool is_value = job.call.delivery == Delivery::latest;
  const auto may_go = [&](const CallJob& waiting) {
    return waiting.call.delivery == Delivery::latest &&
           (!is_value || waiting.call.lane == job.call.lane);
  };
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), may_go);
  if (found != jobs_.end()) {
    CallJob gone = std::move(*found);
    jobs_.erase(found);
    return displace(std::move(gone), is_value);
  }
  if (job.call.delivery != Delivery::always) return displace(std::exchange(job, {}), false);
  if (jobs_.size() < kMaxWaiting + kMaxReleases) return std::nullopt;
  // More releases wait than there are notes, so that some note is in it twice: the later one does.
  const auto twice = std::find_if(jobs_.begin(), jobs_.end(), [&](const CallJob& waiting) {
    return waiting.call.delivery == Delivery::always && waiting.call.lane == job.call.lane;
  });
  if (twice == jobs_.end()) return std::nullopt;
  CallJob gone = std::move(*twice);
  jobs_.erase(twice);
  return displace(std::move(gone), true);
}

CallJob CallQueue::pop() {
  CallJob job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

}  // namespace midimon::plugins
