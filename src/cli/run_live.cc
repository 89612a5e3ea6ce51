#include "cli/run_live.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
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
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/interrupt.h"
#include "cli/key_files.h"
#include "cli/live_status.h"
#include "cli/load_plugins.h"
#include "cli/load_profile.h"
#include "cli/plugin_config.h"
#include "cli/plugin_store.h"
#include "cli/port_output.h"
#include "cli/report_text.h"
#include "daemon/live.h"
#include "desktop/desktop.h"
#include "ipc/server.h"
#include "midimon/plugin.h"
#include "ports/inputs.h"
#include "ports/outputs.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds kLookAtFile(500);

// Which ports the profile listens to.
std::vector<std::string> patterns_of(const LiveOptions& options, const Profile& profile) {
  if (!options.port.empty()) return {options.port};
  if (!profile.device.auto_connect) return {};
  return {profile.device.name};
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

std::string hex(std::span<const std::uint8_t> bytes) {
  return fmt::format("{:02X}", fmt::join(bytes, " "));
}

// The bytes of a message as they came.
std::string bytes_of(const Message& message, std::span<const std::uint8_t> sysex) {
  if (message.kind() == MessageKind::sysex) return fmt::format("F0 {} F7", hex(sysex));
  const std::array<std::uint8_t, 3> bytes = {message.status, message.data1, message.data2};
  return hex(std::span(bytes).first(1 + static_cast<std::size_t>(data_size(message.kind()))));
}

// The parts of a daemon, and what holds them together.
class Daemon {
 public:
  Daemon(const LiveOptions& options, Runtime& runtime)
      : options_(options), runtime_(runtime), midi_(outputs_) {}

  Result<void> start(std::shared_ptr<const Profile> profile,
                     std::shared_ptr<plugins::PluginHost> host) {
    const auto places = find_places(this_platform(), process_environment());
    if (!places) return tl::unexpected(places.error());
    auto server = ipc::Server::start(
        *places, [this](const ipc::Request& request) { return answer(request); });
    if (!server) return tl::unexpected(server.error());
    server_ = std::move(*server);

    InputOptions inputs;
    inputs.patterns = patterns_of(options_, *profile);
    inputs.api = api();
    inputs.wake = [this] { wake(); };
    outputs_.set_controllers(inputs.patterns);
    inputs_.emplace(std::move(inputs), clock_);
    auto live = Live::create(
        act(std::move(profile), std::move(host)),
        [this](std::vector<std::shared_ptr<InputPort>>& all) { inputs_->update(all); }, clock_,
        hooks());
    if (!live) return tl::unexpected(live.error());
    {
      const std::scoped_lock lock(mutex_);
      live_ = std::move(*live);
      woken_.store(live_.get(), std::memory_order_release);
    }
    live_->wake();
    started_.notify_all();
    return {};
  }

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
    if (watcher_.joinable()) watcher_.join();
    server_.reset();
  }
  void stop() { live_->stop(); }

  // Reads the profile again and plays it from then on. Of one thread at a time.
  Result<void> reload() {
    const std::scoped_lock one(reloading_);
    auto done = try_reload();
    const std::scoped_lock lock(mutex_);
    reload_error_ = done ? "" : done.error().message;
    return done;
  }

  [[nodiscard]] const Summary& summary() const { return summary_; }

 private:
  [[nodiscard]] std::optional<PortApi> api() const {
    if (options_.api.empty()) return std::nullopt;
    return options_.api == "jack" ? PortApi::jack : PortApi::alsa;
  }

  Act act(std::shared_ptr<const Profile> profile, std::shared_ptr<plugins::PluginHost> host) {
    plugins::PluginHost& plugins = *host;
    return {std::move(profile), {plugins, desktop_}, std::move(host)};
  }

  // From real-time threads, also before and after there is a Live.
  void wake() {
    if (Live* live = woken_.load(std::memory_order_acquire)) live->wake();
  }

  Result<void> try_reload() {
    auto profile = load_profile(options_.profile);
    if (!profile) return tl::unexpected(profile.error());
    auto shared = std::make_shared<const Profile>(std::move(*profile));
    auto host = std::make_shared<plugins::PluginHost>();
    if (!options_.safe) {
      auto loaded = load_plugins(runtime_, *shared, options_.unsigned_allowed, *host);
      if (!loaded) return tl::unexpected(loaded.error().error);
    }
    const auto patterns = patterns_of(options_, *shared);
    std::promise<void> replaced;
    live_->post([&] {
      live_->replace(act(shared, host));
      replaced.set_value();
    });
    replaced.get_future().wait();
    inputs_->set_patterns(patterns);
    outputs_.set_controllers(patterns);
    return {};
  }

  LiveHooks hooks() {
    LiveHooks hooks;
    hooks.report = [this](const ActionReport& report) {
      summary_.add_report(report);
      print(options_.json ? report_json(report).dump() : report_line(report));
      if (!options_.json && !report.message.empty()) print_error(report.message);
      if (server_->has_subscribers()) server_->notify("action", report_json(report));
    };
    hooks.message = [this](const InputPort& input, const Message& message,
                           std::span<const std::uint8_t> sysex) {
      if (!server_->has_subscribers()) return;
      server_->notify("message", {{"input", input.name()}, {"bytes", bytes_of(message, sysex)}});
    };
    hooks.found = [this](const Gesture& gesture, std::span<const Mapping* const> mappings) {
      summary_.add_event(mappings.size());
      if (!server_->has_subscribers()) return;
      json names = json::array();
      for (const Mapping* mapping : mappings)
        names.push_back({{"line", mapping->pos.line}, {"description", mapping->description}});
      server_->notify("gesture", {{"gesture", describe(gesture)}, {"mappings", std::move(names)}});
    };
    hooks.mode_changed = [this](std::size_t mode) {
      if (!server_->has_subscribers()) return;
      server_->notify("mode", {{"mode", live_->mapper().profile()->modes[mode].name}});
    };
    hooks.input_changed = [this](const InputPort& input, bool is_there) {
      print_error(
          fmt::format("{} {}", escape_line(input.name()), is_there ? "is connected" : "is gone"));
      server_->notify("input", {{"input", input.name()}, {"connected", is_there}});
    };
    return hooks;
  }

  static void print(std::string line) {
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
  }

  // What `get` gives on the thread of the Live.
  json ask(std::function<json()> get) {
    auto answer = std::make_shared<std::promise<json>>();
    auto future = answer->get_future();
    live_->post([answer, get = std::move(get)] { answer->set_value(get()); });
    // It is not called any more once the Live has stopped.
    if (future.wait_for(std::chrono::seconds(2)) != std::future_status::ready) return nullptr;
    return future.get();
  }

  json status() {
    return ask([this] {
      LiveStatus status;
      status.profile = live_->mapper().profile()->file.string();
      status.mode = live_->mapper().mode_name();
      status.uptime = clock_.monotonic() - began_;
      status.counts = live_->counts();
      status.ports = inputs_->state();
      const std::scoped_lock lock(mutex_);
      status.reload_error = reload_error_;
      return to_json(status, summary_);
    });
  }

  // On the server's thread.
  ipc::Answer answer(const ipc::Request& request) {
    {
      std::unique_lock lock(mutex_);
      started_.wait(lock, [this] { return live_ != nullptr || stopping_; });
    }
    if (request.method == "status") return status();
    if (request.method == "ports") return to_json(inputs_->state());
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
        fmt::format("There is no method \"{}\": they are status, ports, reload, stop, "
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
      print_error(done ? "the profile changed and was read again"
                       : "the profile changed and was not read again, the one before goes on:\n" +
                             done.error().message);
      lock.lock();
    }
  }

  const LiveOptions& options_;
  Runtime& runtime_;
  SystemClock clock_;
  const Nanos began_ = clock_.monotonic();
  ConsoleLog log_;
  Outputs outputs_{OutputOptions{.api = api(), .own_name = "midimon", .controllers = {}}};
  PortOutput midi_;
  Desktop desktop_{clock_, process_environment(), log_, &midi_};
  Summary summary_;  // of the thread that runs the Live

  std::mutex reloading_;
  std::mutex mutex_;
  std::condition_variable started_;  // or stopping
  std::string reload_error_;
  bool stopping_ = false;
  std::thread watcher_;

  std::atomic<Live*> woken_ = nullptr;
  std::unique_ptr<Live> live_;
  std::optional<Inputs> inputs_;         // before the Live that takes from it goes
  std::unique_ptr<ipc::Server> server_;  // first to go: it calls all of the above
};

}  // namespace

int run_live(const LiveOptions& options, Profile profile) {
  Interrupt interrupt;
  const auto shared = std::make_shared<const Profile>(std::move(profile));
  auto runtime = Runtime::create(runtime_options(256, *shared));
  if (!runtime) return report(runtime.error());
  auto host = std::make_shared<plugins::PluginHost>();
  if (!options.safe) {
    const auto loaded = load_plugins(**runtime, *shared, options.unsigned_allowed, *host);
    if (!loaded) return report(loaded.error());
  }
  Daemon daemon(options, **runtime);
  if (const auto started = daemon.start(shared, std::move(host)); !started) {
    return report(started.error());
  }
  {
    const OnInterrupt on_interrupt(interrupt, [&] {
      daemon.stop();
      (*runtime)->cancel();
    });
    daemon.run();
  }
  const std::string text =
      options.json ? "{\"summary\":" + daemon.summary().json() + "}\n" : daemon.summary().text();
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  return kOk;
}

}  // namespace midimon::cli
