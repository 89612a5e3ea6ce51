// How long it takes from an event to what it asks for, at several rates: to an action of midimon's
// own, and to a plugin's first instruction. Events are put where a port's real-time thread puts
// them; bench_jack has the way through a JACK server.
//
//   bench_live [--seconds N] [--rate N]
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "actions/histogram.h"
#include "base/clock.h"
#include "base/units.h"
#include "daemon/clock_facts.h"
#include "daemon/live.h"
#include "mapping/profile_toml.h"
#include "midimon/plugin.h"
#include "plugins/plugin_host.h"

namespace midimon::bench {
namespace {

constexpr std::string_view kProfile = R"(
[[modes]]
name = "Bench"
[[modes.mappings]]
trigger = { type = "Note", note = 60 }
action = { type = "Keystroke", keys = "F13" }
[[modes.mappings]]
trigger = { type = "Note", note = 61 }
action = { type = "Plugin", plugin = "first", action = "say" }
[plugins.first]
)";

// When each event was put in, and how long it was until it arrived; events arrive in order.
class Stamps {
 public:
  explicit Stamps(std::size_t events) : put_(events) {}
  void put(std::size_t number, Nanos at) { put_[number] = at; }
  void arrived(Nanos at) {
    const std::size_t number = arrived_.load(std::memory_order_relaxed);
    if (number < put_.size()) spans_.add(at - put_[number]);
    arrived_.store(number + 1, std::memory_order_release);
  }
  [[nodiscard]] std::size_t count() const { return arrived_.load(std::memory_order_acquire); }
  [[nodiscard]] const Histogram& spans() const { return spans_; }

 private:
  std::vector<Nanos> put_;
  Histogram spans_;
  std::atomic<std::size_t> arrived_ = 0;
};

// Takes what is asked of the system, and does nothing else.
class Taker final : public SystemCaller {
 public:
  Taker(const Clock& clock, std::atomic<Stamps*>& stamps) : clock_(clock), stamps_(stamps) {}
  void call(SystemRequest /*request*/, std::stop_token /*stop*/,
            std::function<void(SystemReport)> done) override {
    stamps_.load()->arrived(clock_.monotonic());
    done({});
  }

 private:
  const Clock& clock_;
  std::atomic<Stamps*>& stamps_;
};

struct Bench {
  SystemClock clock;
  std::atomic<Stamps*> stamps = nullptr;
  std::string home;
  std::unique_ptr<Runtime> runtime;
  std::shared_ptr<InputPort> input = std::make_shared<InputPort>("bench");
  std::shared_ptr<plugins::PluginHost> host = std::make_shared<plugins::PluginHost>();
  Taker taker{clock, stamps};
  ClockFacts facts{clock};
  std::unique_ptr<Live> live;
  std::thread thread;
  std::atomic<std::uint64_t> failed = 0;

  Bench() {
    std::string name = (std::filesystem::temp_directory_path() / "midimon-bench-XXXXXX").string();
    home = ::mkdtemp(name.data());
    RuntimeOptions options;
    options.home = home;
    options.log = [this](int level, std::string_view, std::string_view) {
      if (level == 0) stamps.load()->arrived(clock.monotonic());
    };
    runtime = std::move(*Runtime::create(std::move(options)));
    WasmConfig config;
    config.max_log_bytes_per_minute = 1UL << 30;
    auto plugin =
        WasmPlugin::load(*runtime, std::filesystem::path(MIDIMON_GUESTS) / "first.wasm", config);
    if (!plugin) fatal(plugin.error().message);
    host->add(std::move(*plugin));
    auto profile = parse_profile(kProfile, "bench");
    if (!profile) fatal(profile.error().message);
    LiveHooks hooks;
    hooks.report = [this](const ActionReport& report) {
      if (report.outcome != Outcome::ok) ++failed;
    };
    live = std::move(*Live::create(
        {std::make_shared<const Profile>(std::move(*profile)), {*host, taker}, host},
        [this](std::vector<std::shared_ptr<InputPort>>& inputs) { inputs = {input}; }, clock, facts,
        std::move(hooks)));
    thread = std::thread([this] { live->run(); });
  }
  ~Bench() {
    live->stop();
    thread.join();
    live.reset();
    host.reset();
    runtime.reset();
    std::error_code ignored;
    std::filesystem::remove_all(home, ignored);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  [[noreturn]] static void fatal(const std::string& why) {
    fmt::print(stderr, "bench_live: {}\n", why);
    std::exit(1);
  }

  // Sends presses of `note`, so many a second.
  void send(std::uint8_t note, int rate, std::size_t events, Stamps& to) {
    stamps = &to;
    const std::uint8_t press[] = {0x90, note, 100};
    const std::uint8_t release[] = {0x80, note, 0};
    const Nanos pause = Nanos(std::chrono::seconds(1)) / rate;
    Nanos due = clock.monotonic() + pause;
    for (std::size_t i = 0; i < events; ++i, due += pause) {
      while (true) {
        const Nanos rest = due - clock.monotonic();
        if (rest <= Nanos{}) break;
        std::this_thread::sleep_for(rest);
      }
      to.put(i, clock.monotonic());
      (void)input->ring().put(clock.monotonic(), press);
      (void)input->ring().put(clock.monotonic(), release);
      live->wake();
    }
    const Nanos patience = clock.monotonic() + std::chrono::seconds(5);
    while (to.count() < events && clock.monotonic() < patience)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  bool measure(std::string_view name, std::uint8_t note, int rate, int seconds) {
    const auto events = static_cast<std::size_t>(rate) * static_cast<std::size_t>(seconds);
    Stamps stamps_of_this(events);
    failed = 0;
    send(note, rate, events, stamps_of_this);
    const Histogram& spans = stamps_of_this.spans();
    const std::size_t lost = events - stamps_of_this.count();
    fmt::print("{:<28} {:>7}/s  p50 {:>9}  p99 {:>9}  max {:>9}  {} of {} lost\n", name, rate,
               format_duration(spans.percentile(50)), format_duration(spans.percentile(99)),
               format_duration(spans.max()), lost, events);
    return lost == 0 && failed == 0;
  }
};

// What waking another thread takes here: an eventfd, from write to the end of poll.
void floor() {
  SystemClock clock;
  Stamps stamps(1000);
  std::atomic<Stamps*> unused = nullptr;
  auto input = std::make_shared<InputPort>("floor");
  ClockFacts facts(clock);
  class Nothing final : public PluginCaller {
    void call(PluginCall /*call*/, std::function<void(PluginReport)> done) override { done({}); }
  } nothing;
  Taker taker(clock, unused);
  auto profile = parse_profile("", "floor");
  auto live = std::move(*Live::create(
      {std::make_shared<const Profile>(std::move(*profile)), {nothing, taker}, nullptr},
      [&](std::vector<std::shared_ptr<InputPort>>& inputs) { inputs = {input}; }, clock, facts,
      {}));
  std::thread thread([&] { live->run(); });
  for (std::size_t i = 0; i < 1000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    stamps.put(i, clock.monotonic());
    live->post([&] { stamps.arrived(clock.monotonic()); });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  live->stop();
  thread.join();
  fmt::print("{:<28} {:>7}/s  p50 {:>9}  p99 {:>9}  max {:>9}\n", "a thread that is woken", 1000,
             format_duration(stamps.spans().percentile(50)),
             format_duration(stamps.spans().percentile(99)), format_duration(stamps.spans().max()));
}

int run(int argc, char** argv) {
  int seconds = 3;
  int only = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--seconds") == 0) seconds = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--rate") == 0) only = std::atoi(argv[i + 1]);
  }
  fmt::print("\nFrom an event to what it asks for\n");
  floor();
  Bench bench;
  bool all = true;
  for (const int rate : {10, 1000, 10'000}) {
    if (only != 0 && rate != only) continue;
    all = bench.measure("an action of midimon's own", 60, rate, seconds) && all;
    all = bench.measure("a plugin's first instruction", 61, rate, seconds) && all;
  }
  return all ? 0 : 1;
}

}  // namespace
}  // namespace midimon::bench

int main(int argc, char** argv) {
  return midimon::bench::run(argc, argv);
}
