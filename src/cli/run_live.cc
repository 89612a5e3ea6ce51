#include "cli/run_live.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "actions/summary.h"
#include "base/clock.h"
#include "base/places.h"
#include "base/text.h"
#include "base/worker.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/end_anyway.h"
#include "cli/event_feed.h"
#include "cli/interrupt.h"
#include "cli/key_files.h"
#include "cli/line_printer.h"
#include "cli/live_status.h"
#include "cli/load_plugins.h"
#include "cli/load_profile.h"
#include "cli/pad_states.h"
#include "cli/plugin_config.h"
#include "cli/plugin_inputs.h"
#include "cli/plugin_store.h"
#include "cli/port_output.h"
#include "cli/report_text.h"
#include "daemon/clock_facts.h"
#include "daemon/live.h"
#include "daemon/recording.h"
#include "daemon/told_facts.h"
#include "desktop/applications.h"
#include "desktop/desktop.h"
#include "ipc/server.h"
#include "midi/message_bytes.h"
#include "midimon/plugin.h"
#include "plugins/runtime.h"
#include "ports/inputs.h"
#include "ports/outputs.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds kLookAtFile(500);
constexpr std::chrono::seconds kPatienceAtEnd(3);
constexpr std::size_t kMaxLeaving = 1024;
constexpr std::size_t kMaxPassedOn = 4096;  // messages that wait to be passed on

// Which ports the profile listens to. One that names its [[devices]] and has no [device] listens to
// those alone.
std::vector<std::string> patterns_of(const LiveOptions& options, const Profile& profile) {
  if (!options.port.empty()) return {options.port};
  if (!profile.device.auto_connect) return {};
  std::vector<std::string> patterns;
  if (profile.has_device || profile.devices.empty()) patterns.push_back(profile.device.name);
  for (const DeviceAlias& device : profile.devices)
    patterns.push_back(device.name);
  return patterns;
}

InputChoice choice_of(const LiveOptions& options, const Profile& profile) {
  InputChoice choice{patterns_of(options, profile), {}, profile.device.auto_reconnect};
  if (options.port.empty() && profile.device.auto_connect) choice.number = profile.device.port;
  return choice;
}

// Tells systemd, where it started us and wants to know (sd_notify(3)).
void tell_service_manager(std::string_view state) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path == nullptr || std::strlen(path) >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  const std::size_t size = std::strlen(path);
  std::memcpy(address.sun_path, path, size);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // an abstract name
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  (void)::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size));
}

// In one line; what is no UTF-8 is replaced.
std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// The bytes of a message as they came.
std::string bytes_of(const Message& message, std::span<const std::uint8_t> sysex) {
  std::vector<std::uint8_t> bytes;
  append_bytes(message, sysex, bytes);
  return fmt::format("{:02X}", fmt::join(bytes, " "));
}

// The parts of a daemon, and what holds them together.
class Daemon {
 public:
  Daemon(const LiveOptions& options, Runtime& runtime)
      : options_(options), runtime_(runtime), midi_(outputs_) {
    hostapi::Services& services = runtime.parts().services;
    services.system = &desktop_;
    services.desktop = &desktop_;
  }

  ~Daemon() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    started_.notify_all();
    const std::scoped_lock lock(answering_);
    ended_ = true;
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  Result<void> start(std::shared_ptr<const Profile> profile,
                     std::shared_ptr<plugins::PluginHost> host) {
    const auto places = find_places(this_platform(), process_environment());
    if (!places) return tl::unexpected(places.error());
    auto server = ipc::Server::start(
        *places, [this](const ipc::Request& request) { return answer(request); });
    if (!server) return tl::unexpected(server.error());
    server_ = std::move(*server);

    InputOptions inputs;
    inputs.choice = choice_of(options_, *profile);
    inputs.api = api();
    inputs.wake = [this] { wake(); };
    outputs_.set_controllers(inputs.choice.patterns);
    inputs_.emplace(std::move(inputs), clock_);
    host->play();
    auto live = Live::create(
        act(std::move(profile), std::move(host)),
        [this](std::vector<std::shared_ptr<InputPort>>& all) {
          const bool others = plugin_inputs_.take_changed();
          if (!inputs_->update(ports_) && !others) return;
          all = ports_;
          plugin_inputs_.add_to(all);
        },
        clock_, facts_, hooks());
    if (!live) return tl::unexpected(live.error());
    feed_.set_server(server_.get());
    {
      const std::scoped_lock lock(mutex_);
      live_ = std::move(*live);
      woken_.store(live_.get(), std::memory_order_release);
    }
    live_->wake();
    started_.notify_all();
    return {};
  }

  // Until it is told to stop, and what is held down is released.
  void run() {
    if (options_.watch) watcher_ = std::thread([this] { watch(); });
    tell_service_manager("READY=1");
    live_->run();
    tell_service_manager("STOPPING=1");
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    started_.notify_all();
    has_run_.store(true);
  }
  // Waits until no plugin is called any more, as long as their limits let it last.
  void end_plugins() {
    std::unique_ptr<Worker> leaving;
    {
      const std::scoped_lock lock(leaving_mutex_);
      leaving = std::move(leaving_);
    }
  }
  // Waits for whoever asks or reads the profile again; false if that does not end in time.
  bool end_requests(Nanos patience) {
    if (!reloading_.try_lock_for(patience)) return false;
    reloading_.unlock();
    if (watcher_.joinable()) watcher_.join();
    const std::scoped_lock lock(answering_);
    ended_ = true;
    feed_.set_server(nullptr);
    return true;
  }
  void stop() { live_->stop(); }
  [[nodiscard]] bool has_run() const { return has_run_.load(); }

  // Reads the profile again and plays it from then on. Of one thread at a time.
  Result<void> reload() {
    const std::scoped_lock one(reloading_);
    {
      const std::scoped_lock lock(mutex_);
      if (stopping_) return about_to_end();
    }
    auto done = try_reload();
    feed_.keep("reload", {{"error", done ? "" : done.error().message}});
    const std::scoped_lock lock(mutex_);
    reload_error_ = done ? "" : done.error().message;
    return done;
  }

  // What plugins have to say of themselves. Called on any thread.
  void notice(const std::string& plugin, const std::string& what) {
    printer_.print_error(fmt::format("plugin {} {}", escape_line(plugin), what));
    feed_.keep("plugin", {{"plugin", plugin}, {"notice", what}});
  }

  std::shared_ptr<plugins::PluginHost> new_host() {
    plugins::PluginHooks hooks;
    hooks.notice = [this](const std::string& plugin, const std::string& what) {
      notice(plugin, what);
    };
    hooks.event = [this](const std::string& plugin, const std::vector<std::uint8_t>& bytes) {
      plugin_inputs_.put(plugin, bytes);
      wake();
    };
    hooks.state = [this](const std::string& plugin, const std::string& state_json) {
      if (!pad_states_.set(plugin, state_json)) return;
      feed_.keep("state", {{"plugin", plugin}, {"pad", pad_states_.of(plugin)}});
    };
    return std::make_shared<plugins::PluginHost>(std::move(hooks));
  }

  [[nodiscard]] std::string summary() const {
    return options_.json ? "{\"summary\":" + summary_.json() + "}" : summary_.text();
  }
  // The last that is printed; false if it is not written in time.
  bool print_last(std::string text, Nanos patience) {
    if (text.ends_with('\n')) text.pop_back();
    printer_.print(std::move(text));
    return printer_.wait_until_written(patience);
  }

 private:
  [[nodiscard]] std::optional<PortApi> api() const {
    if (options_.api.empty()) return std::nullopt;
    return options_.api == "jack" ? PortApi::jack : PortApi::alsa;
  }

  Act act(std::shared_ptr<const Profile> profile, std::shared_ptr<plugins::PluginHost> host) {
    plugins::PluginHost& plugins = *host;
    {
      const std::scoped_lock lock(mutex_);
      host_ = host;
    }
    // A plugin may be at a call, and whoever lets it go waits for that.
    std::shared_ptr<void> keep(
        nullptr, [this, host = std::move(host)](void*) mutable { let_go(std::move(host)); });
    return {std::move(profile), {plugins, desktop_}, std::move(keep)};
  }

  void let_go(std::shared_ptr<plugins::PluginHost> host) {
    const std::scoped_lock lock(leaving_mutex_);
    if (leaving_) (void)leaving_->post([host](bool) mutable { host.reset(); });
  }

  static tl::unexpected<Error> about_to_end() {
    return fail(ErrorCode::busy, "midimon is about to end.");
  }

  // From real-time threads, also before and after there is a Live.
  void wake() {
    if (Live* live = woken_.load(std::memory_order_acquire)) live->wake();
  }

  Result<void> try_reload() {
    auto profile = load_profile(options_.profile);
    if (!profile) return tl::unexpected(profile.error());
    auto shared = std::make_shared<const Profile>(std::move(*profile));
    auto host = new_host();
    auto earlier = current_host();
    if (!options_.safe) {
      auto loaded =
          load_plugins(runtime_, *shared, options_.unsigned_allowed, *host, earlier.get());
      if (!loaded) return tl::unexpected(loaded.error().error);
    }
    InputChoice choice = choice_of(options_, *shared);
    std::promise<void> replaced;
    live_->post([&] {
      const auto before = current_host();
      live_->replace(act(shared, host));
      host->play(before.get());
      plugin_inputs_.keep_only(host->plugins());
      replaced.set_value();
    });
    // Once it has stopped, nothing that was posted is called any more.
    const std::future<void> done = replaced.get_future();
    while (done.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) {
      const std::scoped_lock lock(mutex_);
      if (stopping_) return about_to_end();
    }
    outputs_.set_controllers(choice.patterns);
    inputs_->choose(std::move(choice));
    let_go(std::move(earlier));
    return {};
  }

  LiveHooks hooks() {
    LiveHooks hooks;
    hooks.report = [this](const ActionReport& report) {
      summary_.add_report(report);
      json event = report_json(report);
      if (report.superseded) {  // as many as a knob sends
        feed_.tell("action", std::move(event));
        return;
      }
      if (auto light = light_of(report)) pass_on("", std::move(*light));
      printer_.print(options_.json ? dump(event) : report_line(report));
      feed_.keep("action", std::move(event));
      if (!options_.json && !report.message.empty()) printer_.print_error(report.message);
    };
    hooks.message = [this](const InputPort& input, const Message& message,
                           std::span<const std::uint8_t> sysex, Nanos at) {
      if (!feed_.has_listeners()) return;
      feed_.tell("message", {{"input", input.name()}, {"bytes", bytes_of(message, sysex)}}, at);
    };
    hooks.found = [this](const Gesture& gesture, std::span<const Mapping* const> mappings) {
      summary_.add_event(mappings.size());
      if (!feed_.has_listeners()) return;
      json names = json::array();
      for (const Mapping* mapping : mappings)
        names.push_back({{"line", mapping->pos.line}, {"description", mapping->description}});
      feed_.tell("gesture", {{"gesture", describe(gesture)}, {"mappings", std::move(names)}});
    };
    hooks.mode_changed = [this](std::size_t mode) {
      const Mode& now = live_->mapper().profile()->modes[mode];
      feed_.keep("mode", {{"mode", now.name}, {"color", now.color}});
    };
    hooks.input_changed = [this](const InputPort& input, bool is_there) {
      printer_.print_error(
          fmt::format("{} {}", escape_line(input.name()), is_there ? "is connected" : "is gone"));
      feed_.keep("input", {{"input", input.name()}, {"connected", is_there}});
    };
    hooks.pass_on = [this](const std::string& to, std::span<const std::uint8_t> message) {
      pass_on(to, {message.begin(), message.end()});
    };
    return hooks;
  }

  void pass_on(const std::string& to, std::vector<std::uint8_t> message) {
    // At the end, too: there may be the end of a note among them.
    const bool queued = thru_.post([this, to, message = std::move(message)](bool) {
      auto sent = outputs_.send(to, message);
      const std::string why = sent ? "" : sent.error().message;
      if (std::exchange(thru_error_, why) != why && !why.empty()) {
        printer_.print_error("MIDI could not be sent: " + why);
      }
    });
    if (!queued) thru_lost_.fetch_add(1, std::memory_order_relaxed);
  }

  // What conditions ask for and midimon itself cannot tell.
  [[nodiscard]] bool outside_holds(const OutsideCondition& condition) const {
    switch (condition.kind) {
      case OutsideCondition::Kind::app_running:
        return applications_->is_running(condition.subject);
      case OutsideCondition::Kind::app_frontmost:
        return applications_->is_frontmost(condition.subject);
      case OutsideCondition::Kind::plugin_state:
        return pad_states_.is(condition.subject, condition.state);
    }
    return false;
  }

  std::shared_ptr<plugins::PluginHost> current_host() {
    const std::scoped_lock lock(mutex_);
    return host_.lock();
  }

  // What `get` gives on the thread of the Live.
  ipc::Answer ask(std::function<json()> get) {
    auto answer = std::make_shared<std::promise<json>>();
    auto future = answer->get_future();
    live_->post([answer, get = std::move(get)] { answer->set_value(get()); });
    // It is not called any more once the Live has stopped.
    if (future.wait_for(std::chrono::seconds(2)) != std::future_status::ready) {
      return tl::unexpected(ipc::RpcError{
          ipc::kFailed, "midimon has been busy for two seconds and cannot say; ask again."});
    }
    return future.get();
  }

  ipc::Answer status() {
    return ask([this] {
      LiveStatus status;
      status.profile = live_->mapper().profile()->file.string();
      status.mode = live_->mapper().mode_name();
      status.color = live_->mapper().profile()->modes[live_->mapper().mode()].color;
      status.uptime = clock_.monotonic() - began_;
      status.counts = live_->counts();
      status.ports = inputs_->state();
      const std::scoped_lock lock(mutex_);
      status.reload_error = reload_error_;
      status.thru_lost = thru_lost_.load(std::memory_order_relaxed);
      status.now = clock_.monotonic() - feed_.began();
      status.local_time = clock_facts_.local_time();
      if (const auto host = host_.lock()) status.plugins = host->status();
      json out = to_json(status, summary_);
      for (json& plugin : out["plugins"])
        plugin["pad"] = pad_states_.of(plugin["plugin"].get_ref<const std::string&>());
      return out;
    });
  }

  // False if there never was one.
  bool wait_for_live() {
    std::unique_lock lock(mutex_);
    started_.wait(lock, [this] { return live_ != nullptr || stopping_; });
    return live_ != nullptr;
  }

  // On the server's thread.
  ipc::Answer answer(const ipc::Request& request) {
    const std::scoped_lock until_ended(answering_);
    if (ended_ || !wait_for_live()) {
      return tl::unexpected(ipc::RpcError{ipc::kFailed, about_to_end().value().message});
    }
    if (request.method == "status") return status();
    if (request.method == "ports") return to_json(inputs_->state());
    if (request.method == "events") {
      const auto after = request.params.find("after");
      const bool given = after != request.params.end() && after->is_number_unsigned();
      return feed_.kept(given ? after->get<std::uint64_t>() : 0);
    }
    if (request.method == "stop") {
      live_->stop();
      return json(true);
    }
    if (request.method == "reload") {
      if (auto done = reload(); !done) {
        return tl::unexpected(ipc::RpcError{ipc::kFailed, done.error().message});
      }
      return json(true);
    }
    return tl::unexpected(ipc::RpcError{
        ipc::kMethodNotFound,
        fmt::format("There is no method \"{}\": they are status, ports, events, reload, stop, "
                    "subscribe and unsubscribe.",
                    escape_line(request.method.substr(0, 64)))});
  }

  // The file's identity and last change; editors write another file and rename it.
  auto file_state() const {
    struct stat status {};
    if (::stat(options_.profile.c_str(), &status) != 0) status = {};
    return std::tuple(status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
                      status.st_mtim.tv_nsec);
  }

  void watch() {
    auto played = file_state();
    auto seen = played;
    std::unique_lock lock(mutex_);
    while (!started_.wait_for(lock, kLookAtFile, [this] { return stopping_; })) {
      // Two looks that are the same: whoever writes it has finished.
      const auto now = file_state();
      const bool settled = now == seen;
      seen = now;
      if (!settled || now == played || std::get<1>(now) == 0) continue;
      played = now;
      lock.unlock();
      const auto done = reload();
      printer_.print_error(
          done ? "the profile changed and was read again"
               : "the profile changed and was not read again, the one before goes on:\n" +
                     done.error().message);
      lock.lock();
    }
  }

  const LiveOptions& options_;
  Runtime& runtime_;
  std::mutex answering_;
  bool ended_ = false;                   // nothing is answered any more
  std::unique_ptr<ipc::Server> server_;  // last to go: whoever sees it go may start another daemon
  std::atomic<bool> has_run_ = false;
  SystemClock clock_;
  const Nanos began_ = clock_.monotonic();
  ConsoleLog log_;
  const std::unique_ptr<Applications> applications_ =
      Applications::start(process_environment(), log_);
  LinePrinter printer_;
  EventFeed feed_{clock_};
  PluginInputs plugin_inputs_{clock_};
  PadStates pad_states_;
  ClockFacts clock_facts_{clock_,
                          [this](const OutsideCondition& what) { return outside_holds(what); }};
  ToldFacts facts_{clock_facts_,
                   {[this](const LocalTime& time) {
                      feed_.tell("time", {{"weekday", time.weekday}, {"minute", time.minute}});
                    },
                    [this](const OutsideCondition& what, bool holds) {
                      feed_.tell("fact", {{"kind", fact_kind(what.kind)},
                                          {"subject", what.subject},
                                          {"state", what.state},
                                          {"holds", holds}});
                    }}};
  Outputs outputs_{OutputOptions{.api = api(), .own_name = "midimon", .controllers = {}}, clock_};
  std::atomic<std::uint64_t> thru_lost_ = 0;
  std::string thru_error_;            // of the worker: what went wrong last
  Worker thru_{kMaxPassedOn, [] {}};  // sends what is passed on
  PortOutput midi_;
  Desktop desktop_{clock_, process_environment(), log_, &midi_};
  Summary summary_;  // of the thread that runs the Live

  std::timed_mutex reloading_;
  std::mutex mutex_;
  std::condition_variable started_;  // or stopping
  std::string reload_error_;
  std::weak_ptr<plugins::PluginHost> host_;  // of the profile that is played
  bool stopping_ = false;
  std::thread watcher_;

  // Lets go of what plugins ran for profiles that are played no more.
  std::mutex leaving_mutex_;
  std::unique_ptr<Worker> leaving_ = std::make_unique<Worker>(kMaxLeaving, [] {});
  std::atomic<Live*> woken_ = nullptr;
  std::unique_ptr<Live> live_;
  std::optional<Inputs> inputs_;                   // before the Live that takes from it goes
  std::vector<std::shared_ptr<InputPort>> ports_;  // that it gave last; of the Live's thread
};

}  // namespace

int run_live(const LiveOptions& options, Profile profile) {
  Interrupt interrupt;
  const auto shared = std::make_shared<const Profile>(std::move(profile));
  auto runtime = Runtime::create(runtime_options(256, *shared));
  if (!runtime) return report(runtime.error());
  std::optional<EndAnyway> end_anyway;
  Daemon daemon(options, **runtime);  // before the plugins, which it offers what they may ask for
  auto host = daemon.new_host();
  if (!options.safe) {
    const auto loaded = load_plugins(**runtime, *shared, options.unsigned_allowed, *host);
    if (!loaded) return report(loaded.error());
  }
  if (const auto started = daemon.start(shared, std::move(host)); !started) {
    return report(started.error());
  }
  {
    // Whoever interrupts does not want to wait for plugins, save for what releases call for.
    const OnInterrupt on_interrupt(interrupt, [&] {
      daemon.stop();
      if (daemon.has_run()) (*runtime)->cancel();
    });
    daemon.run();
    daemon.end_plugins();
  }
  if (const auto& recorder = (*runtime)->parts().recorder) recorder->flush();
  end_anyway.emplace(kPatienceAtEnd,
                     "something does not let midimon go, as a JACK server that hangs does; it ends "
                     "all the same",
                     kOk);
  daemon.print_last(daemon.summary(), kPatienceAtEnd);
  // What is stuck uses what would go now.
  if (!daemon.end_requests(kPatienceAtEnd) || plugins::lost_threads() > 0) ::_exit(kOk);
  return kOk;
}

}  // namespace midimon::cli
