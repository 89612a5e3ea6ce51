#include "plugins/plugin_host.h"

#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace midimon::plugins {
namespace {

struct Job {
  PluginCall call;
  std::function<void(PluginReport)> done;
};

PluginReport run(WasmPlugin& plugin, PluginCall& call) {
  Request request;
  request.action = std::move(call.action);
  Result<Params> params = Params::from_json(call.params_json);
  if (!params) return {Outcome::denied, params.error().message, {}};
  request.params = std::move(*params);
  request.velocity = call.velocity;
  request.current_mode = call.mode;
  request.timestamp_ms = call.timestamp_ms;
  CallResult result = plugin.execute(request);
  return {result.outcome, std::move(result.message), result.duration};
}

}  // namespace

class PluginHost::Worker {
 public:
  explicit Worker(WasmPlugin plugin) : plugin_(std::move(plugin)), thread_([this] { work(); }) {}

  ~Worker() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  // False when the queue is full; then `job` is left as it was.
  bool push(Job& job) {
    {
      const std::lock_guard lock(mutex_);
      if (queue_.size() >= kMaxQueued) return false;
      queue_.push_back(std::move(job));
    }
    changed_.notify_one();
    return true;
  }

 private:
  PluginReport answer(PluginCall& call) {
    if (!refusal_.empty()) return {Outcome::denied, refusal_, {}};
    return run(plugin_, call);
  }

  void work() {
    const Result<bool> confined = plugin_.confine_thread();
    if (!confined) refusal_ = confined.error().message;
    plugin_.prepare();
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      Job job = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      job.done(answer(job.call));
      plugin_.prepare();  // after the answer: nobody waits for it
      lock.lock();
    }
  }

  WasmPlugin plugin_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::string refusal_;  // of this thread's: why no call is run
  std::thread thread_;   // last: it uses everything above
};

PluginHost::PluginHost() = default;
PluginHost::~PluginHost() = default;

void PluginHost::add(WasmPlugin plugin) {
  std::string id = plugin.metadata().name;
  workers_[std::move(id)] = std::make_unique<Worker>(std::move(plugin));
}

void PluginHost::call(PluginCall call, std::function<void(PluginReport)> done) {
  const auto found = workers_.find(call.plugin);
  if (found == workers_.end()) {
    done({Outcome::denied, fmt::format("There is no plugin \"{}\" here.", call.plugin), {}});
    return;
  }
  Job job{std::move(call), std::move(done)};
  if (!found->second->push(job)) {
    job.done({Outcome::cancelled,
              fmt::format("{} calls already wait for \"{}\"; this one was dropped.", kMaxQueued,
                          found->first),
              {}});
  }
}

}  // namespace midimon::plugins
