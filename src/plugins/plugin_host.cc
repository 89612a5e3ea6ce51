#include "plugins/plugin_host.h"

#include <fmt/format.h>

#include <utility>

namespace midimon::plugins {
namespace {

// How often the watchdog looks; a stuck call is found so much later than it could be.
constexpr std::chrono::milliseconds kLook(500);
// How soon after its profile is played a plugin is asked for events.
constexpr std::chrono::milliseconds kLookForStart(20);

// A plugin's threads may outlive its host, and so does the clock that tells them the time.
const SystemClock kClock;

class PluginCallee final : public Callee {
 public:
  PluginCallee(WasmPlugin plugin, std::shared_ptr<const std::atomic<bool>> playing)
      : plugin_(std::move(plugin)), playing_(std::move(playing)) {}

  Result<void> begin_thread() override {
    if (const auto confined = plugin_.confine_thread(); !confined) {
      return tl::unexpected(confined.error());
    }
    return {};
  }
  void prepare() override { plugin_.prepare(); }
  [[nodiscard]] Nanos limit() const override { return plugin_.config().max_execution_time; }
  void give_up() override { plugin_.give_up_running(); }

  [[nodiscard]] bool polls() const override {
    return plugin_.metadata().type == Metadata::Type::trigger;
  }
  PluginReport poll(PolledEvents& events) override {
    if (!playing_->load()) {
      events = {};
      events.next = kLookForStart;
      return {};
    }
    CallResult result = plugin_.poll();
    PluginReport report{result.outcome, std::move(result.message), result.duration};
    report.state_json = std::move(result.state_json);
    if (report.outcome != Outcome::ok) return report;
    auto parsed = parse_polled_events(result.output_json);
    if (parsed) {
      events = std::move(*parsed);
    } else {
      report.outcome = Outcome::plugin_error;
      report.message = parsed.error().message;
    }
    return report;
  }

  PluginReport call(PluginCall& call) override {
    Request request;
    request.action = std::move(call.action);
    Result<Params> params = Params::from_json(call.params_json);
    if (!params) return {Outcome::denied, params.error().message, {}};
    request.params = std::move(*params);
    request.velocity = call.velocity;
    request.current_mode = call.mode;
    request.timestamp_ms = call.timestamp_ms;
    CallResult result = plugin_.execute(request);
    PluginReport report{result.outcome, std::move(result.message), result.duration};
    report.state_json = std::move(result.state_json);
    return report;
  }

 private:
  WasmPlugin plugin_;
  const std::shared_ptr<const std::atomic<bool>> playing_;
};

}  // namespace

PluginHost::PluginHost(PluginHooks hooks)
    : hooks_(std::move(hooks)), watchdog_([this] { watch(); }) {}

PluginHost::~PluginHost() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  watchdog_.join();
}

void PluginHost::add(WasmPlugin plugin, const PluginHost* earlier) {
  const std::string& id = plugin.metadata().name;
  const std::string fingerprint = plugin.fingerprint();
  const std::lock_guard lock(mutex_);
  if (earlier != nullptr) {
    const auto found = earlier->workers_.find(id);
    if (found != earlier->workers_.end() && found->second.fingerprint == fingerprint &&
        found->second.worker->status().health == Health::well) {
      workers_[id] = found->second;
      return;
    }
  }
  std::string name = id;
  auto playing = std::make_shared<std::atomic<bool>>(false);
  PluginHooks hooks = hooks_;
  if (hooks_.event) {
    hooks.event = [playing, event = hooks_.event](const std::string& from,
                                                  const std::vector<std::uint8_t>& bytes) {
      if (playing->load()) event(from, bytes);
    };
  }
  auto worker = std::make_shared<PluginWorker>(
      name, std::make_unique<PluginCallee>(std::move(plugin), playing), kClock, std::move(hooks));
  workers_[std::move(name)] = {fingerprint, std::move(worker), std::move(playing)};
}

void PluginHost::play(const PluginHost* earlier) {
  if (earlier != nullptr) {
    for (const auto& [id, entry] : earlier->workers_) {
      const auto here = workers_.find(id);
      const bool stays = here != workers_.end() && here->second.playing == entry.playing;
      if (!stays) entry.playing->store(false);
    }
  }
  for (const auto& [id, entry] : workers_)
    entry.playing->store(true);
}

std::vector<std::string> PluginHost::plugins() const {
  std::vector<std::string> ids;
  for (const auto& [id, entry] : workers_)
    ids.push_back(id);
  return ids;
}

void PluginHost::call(PluginCall call, std::function<void(PluginReport)> done) {
  const auto found = workers_.find(call.plugin);
  if (found == workers_.end()) {
    done({Outcome::denied, fmt::format("There is no plugin \"{}\" here.", call.plugin), {}});
    return;
  }
  found->second.worker->call(std::move(call), std::move(done));
}

std::vector<PluginStatus> PluginHost::status() const {
  std::vector<PluginStatus> out;
  for (const auto& [id, entry] : workers_)
    out.push_back(entry.worker->status());
  return out;
}

void PluginHost::watch() {
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, kLook, [this] { return stopping_; })) {
    for (const auto& [id, entry] : workers_)
      entry.worker->look_after(kClock.monotonic());
  }
}

}  // namespace midimon::plugins
