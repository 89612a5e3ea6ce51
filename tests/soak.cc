// A real session that goes on for long: a JACK server, a controller that is played, unplugged and
// plugged in again, a profile that is read again and again, and the daemon's memory, descriptors
// and threads, which have to stay what they are. Run by `make stress`.
//
//   soak MIDIMON GUESTS SECONDS [EVENTS_PER_SECOND]
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>  // NOLINT: POSIX
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "ipc/client.h"
#include "ports/jack_test_server.h"
#include "ports/rtmidi.h"

namespace midimon::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr int kWarmUp = 150;             // times that the profile is read again
constexpr long kMostGrowth = 4L * 1024;  // KiB of memory, after the first fifth of the time

[[noreturn]] void fatal(const std::string& why) {
  fmt::print(stderr, "soak: {}\n", why);
  std::exit(1);
}

// A program that ends when this does.
class Program {
 public:
  Program(const std::vector<std::string>& argv, const std::string& output) {
    std::vector<char*> raw;
    for (const std::string& argument : argv)
      raw.push_back(const_cast<char*>(argument.c_str()));
    raw.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    for (const int fd : {1, 2}) {
      ::posix_spawn_file_actions_addopen(&files, fd, output.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                         0600);
    }
    if (::posix_spawnp(&pid_, raw[0], &files, nullptr, raw.data(), environ) != 0) {
      fatal("cannot start " + argv[0]);
    }
    ::posix_spawn_file_actions_destroy(&files);
  }
  ~Program() { (void)end(); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Its exit status.
  int end() {
    if (pid_ == 0) return 0;
    ::kill(pid_, SIGTERM);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
};

// What a process uses.
struct Use {
  long memory = 0;  // KiB that are resident
  long files = 0;
  long threads = 0;
};

Use use_of(pid_t pid) {
  Use use;
  const fs::path process = fmt::format("/proc/{}", pid);
  std::ifstream status(process / "status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) use.memory = std::atol(line.c_str() + 6);
    if (line.starts_with("Threads:")) use.threads = std::atol(line.c_str() + 8);
  }
  std::error_code ignored;
  for ([[maybe_unused]] const auto& fd : fs::directory_iterator(process / "fd", ignored))
    ++use.files;
  return use;
}

std::string profile(const std::string& guests, int version) {
  return fmt::format(R"([device]
name = "soak"
[plugins.echo]
module = "{0}/echo.wasm"
unsigned = true
[plugins.counter-session]
module = "{0}/counter_session.wasm"
unsigned = true
[[thru]]
to = "midimon"
messages = ["note"]
[[modes]]
name = "One"
[[modes.mappings]]
trigger = {{ type = "Note", note = 60 }}
action = {{ type = "Plugin", plugin = "echo", action = "say" }}
[[modes.mappings]]
trigger = {{ type = "CC", cc = 7 }}
action = {{ type = "Plugin", plugin = "counter-session", action = "count" }}
[[modes.mappings]]
trigger = {{ type = "LongPress", note = 61, duration_ms = 20 }}
action = {{ type = "ModeChange", mode = "Two" }}
[[modes]]
name = "Two"
[[global_mappings]]
trigger = {{ type = "Note", note = 62 }}
action = {{ type = "Sequence", actions = [{{ type = "Delay", ms = {1} }}, {{ type = "ModeChange", mode = "One" }}] }}
)",
                     guests, 1 + version % 50);
}

std::unique_ptr<RtOutput> plug_in() {
  auto port = RtOutput::create(PortApi::jack, "soak");
  if (!port) fatal(port.error().message);
  if (auto opened = port->open_virtual("pads"); !opened) fatal(opened.error().message);
  return std::make_unique<RtOutput>(std::move(*port));
}

nlohmann::json ask(const Places& places, const char* method) {
  auto client = ipc::Client::connect(places);
  if (!client) return nullptr;
  auto answer = client->call(method);
  if (answer) return *answer;
  fmt::print(stderr, "soak: {}: {}\n", method, answer.error().message);
  return nullptr;
}

int run(int argc, char** argv) {
  if (argc < 4) fatal("usage: soak MIDIMON GUESTS SECONDS [EVENTS_PER_SECOND]");
  const std::string guests = argv[2];
  const auto length = seconds(std::atoi(argv[3]));
  const int rate = argc > 4 ? std::atoi(argv[4]) : 200;
  std::string home = (fs::temp_directory_path() / "midimon-soak-XXXXXX").string();
  if (::mkdtemp(home.data()) == nullptr) fatal("no temporary directory");
  ::setenv("MIDIMON_HOME", home.c_str(), 1);
  const std::string config = home + "/soak.toml";
  int version = 0;
  std::ofstream(config) << profile(guests, version);

  JackServer jack;
  if (!jack.start(256)) fatal("jackd did not start");
  for (int i = 0; i < 50 && usable_apis().empty(); ++i)
    std::this_thread::sleep_for(milliseconds(100));
  Program daemon({argv[1], "run", "-c", config, "--no-watch"}, "/dev/null");
  const auto places = find_places(this_platform(), [&](const std::string& name) {
    return name == "MIDIMON_HOME" ? std::optional(home) : std::nullopt;
  });
  if (!places) fatal(places.error().message);
  for (int i = 0; i < 500 && ask(*places, "status").is_null(); ++i)
    std::this_thread::sleep_for(milliseconds(20));

  // The engine has places for 256 instances, and what was in one stays in memory: until each was
  // taken once, every plugin that is loaded makes it more.
  for (int i = 0; i < kWarmUp; ++i) {
    std::ofstream(config) << profile(guests, ++version);
    if (ask(*places, "reload") != true) fatal("the profile was not read again");
  }
  std::mt19937 random(1);
  auto controller = plug_in();
  const auto began = steady_clock::now();
  auto next_unplug = began + seconds(7);
  auto next_reload = began + seconds(5);
  auto next_look = began;
  std::optional<Use> settled;
  Use last;
  std::uint64_t sent = 0;
  bool failed = false;
  auto due = began;
  while (steady_clock::now() - began < length) {
    const auto now = steady_clock::now();
    if (now >= next_unplug) {
      controller.reset();
      std::this_thread::sleep_for(milliseconds(700));
      controller = plug_in();
      next_unplug = steady_clock::now() + seconds(7);
      due = steady_clock::now();
    }
    if (now >= next_reload) {
      std::ofstream(config) << profile(guests, ++version);
      if (ask(*places, "reload") != true) fatal("the profile was not read again");
      next_reload = steady_clock::now() + seconds(5);
    }
    if (now >= next_look) {
      last = use_of(daemon.pid());
      if (last.memory == 0) fatal("midimon has ended");
      if (!settled && now - began >= length / 5) settled = last;
      next_look = now + seconds(std::max<long>(length.count() / 20, 1));
      fmt::print("{:>5} s  {:>7} KiB  {:>3} files  {:>3} threads  {} events\n",
                 std::chrono::duration_cast<seconds>(now - began).count(), last.memory, last.files,
                 last.threads, sent);
      std::fflush(stdout);
    }
    const std::array<std::uint8_t, 3> message = {
        static_cast<std::uint8_t>(random() % 3 == 0   ? 0xB0
                                  : random() % 2 == 0 ? 0x90
                                                      : 0x80),
        static_cast<std::uint8_t>(random() % 3 == 0 ? 7 : 60 + random() % 4),
        static_cast<std::uint8_t>(random() % 128)};
    if (controller->send(message)) ++sent;
    due += std::chrono::nanoseconds(seconds(1)) / rate;
    std::this_thread::sleep_until(due);
  }
  controller.reset();
  std::this_thread::sleep_for(seconds(2));
  last = use_of(daemon.pid());
  const nlohmann::json status = ask(*places, "status");
  if (status.is_null()) fatal("midimon does not answer any more");
  const auto expect = [&](bool holds, const std::string& what) {
    fmt::print("{}  {}\n", holds ? "ok    " : "FAILED", what);
    failed = failed || !holds;
  };
  const long growth = last.memory - settled.value_or(last).memory;
  expect(growth < kMostGrowth,
         fmt::format("memory grew by {} KiB, of {} that it may", growth, kMostGrowth));
  expect(last.files <= settled.value_or(last).files + 2,
         fmt::format("{} files are open, {} were", last.files, settled.value_or(last).files));
  expect(last.threads <= settled.value_or(last).threads + 2,
         fmt::format("{} threads run, {} did", last.threads, settled.value_or(last).threads));
  expect(status["in_flight"] == 0, fmt::format("{} actions run", status["in_flight"].dump()));
  expect(status["lost_packets"] == 0,
         fmt::format("{} packets were lost of {} messages", status["lost_packets"].dump(),
                     status["messages"].dump()));
  for (const auto& plugin : status["plugins"])
    expect(plugin["health"] == "well", fmt::format("plugin {}", plugin.dump()));
  expect(daemon.end() == 0, "it ends when it is told to");
  std::error_code ignored;
  fs::remove_all(home, ignored);
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace midimon::testing

int main(int argc, char** argv) {
  return midimon::testing::run(argc, argv);
}
