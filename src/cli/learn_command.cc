// midimon learn: somebody does something with a controller, and gets the TOML that asks for it.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/daemon_client.h"
#include "cli/interrupt.h"
#include "cli/key_files.h"
#include "daemon/learner.h"
#include "daemon/recording.h"
#include "midi/byte_parser.h"
#include "ports/inputs.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds kLook(20);

struct Options {
  std::string port;
  std::string api;
  int count = 1;
  std::string timeout = "60s";
  bool json = false;
};

// Hands on what came in since the last time.
using Pump = std::function<Result<void>(Learner& learner)>;

// What the daemon hears.
Result<Pump> pump_of_daemon() {
  auto connected = connect_daemon();
  if (!connected) return tl::unexpected(connected.error());
  auto client = std::make_shared<ipc::Client>(std::move(*connected));
  if (const auto told = client->call("subscribe"); !told) return tl::unexpected(told.error());
  return Pump([client](Learner& learner) -> Result<void> {
    const SystemClock clock;
    while (true) {
      auto event = client->next_event(kLook);
      if (!event) return tl::unexpected(event.error());
      if (!*event) return {};
      if ((*event)->method != "message") continue;
      const json& value = (*event)->value;
      const auto recorded = read_message(value.value("input", ""), value.value("bytes", ""));
      if (recorded)
        learner.feed(recorded->input, recorded->message, recorded->sysex, clock.monotonic());
      if (recorded) return {};
    }
  });
}

// What this machine's ports send.
class OwnInputs {
 public:
  explicit OwnInputs(const Options& options) : inputs_(input_options(options), clock_) {
    inputs_.look_now();
  }
  [[nodiscard]] bool has_api() const { return inputs_.state().api.has_value(); }

  void pump(Learner& learner) {
    inputs_.update(ports_);
    for (const auto& port : ports_) {
      if (port->is_gone()) continue;
      while (port->ring().take([&](Nanos at, std::span<const std::uint8_t> bytes) {
        ByteParser& parser = parsers_[port->name()];
        for (const std::uint8_t byte : bytes) {
          const auto message = parser.push(byte);
          if (message) learner.feed(port->name(), *message, parser.sysex(), at);
        }
      })) {
      }
    }
    std::this_thread::sleep_for(kLook);
  }

 private:
  static InputOptions input_options(const Options& options) {
    InputOptions out;
    out.choice.patterns = {options.port};
    if (!options.api.empty()) out.api = options.api == "jack" ? PortApi::jack : PortApi::alsa;
    return out;
  }

  SystemClock clock_;
  std::vector<std::shared_ptr<InputPort>> ports_;
  std::map<std::string, ByteParser, std::less<>> parsers_;
  Inputs inputs_;
};

Result<Pump> pump_of_ports(const Options& options) {
  auto own = std::make_shared<OwnInputs>(options);
  if (!own->has_api()) {
    return fail(ErrorCode::not_found,
                "There are no MIDI ports here: neither a JACK server nor ALSA's sequencer runs.");
  }
  return Pump([own](Learner& learner) -> Result<void> {
    own->pump(learner);
    return {};
  });
}

void print(const Options& options, const Learned& learned) {
  const std::string toml = mapping_toml(learned);
  if (options.json) {
    print_json({{"what", learned.what},
                {"trigger", learned.trigger},
                {"advice", learned.advice},
                {"input", learned.input},
                {"toml", toml}});
  } else {
    fmt::print("{}\n", toml);
  }
  std::fflush(stdout);
}

int learn(const Options& options) {
  const auto patience = parse_duration(options.timeout);
  if (!patience) return report(patience.error());
  Interrupt interrupt;
  auto pump = pump_of_daemon();
  if (!pump && pump.error().code == ErrorCode::not_found) pump = pump_of_ports(options);
  if (!pump) return report(pump.error());
  std::atomic<bool> interrupted = false;
  const OnInterrupt on_interrupt(interrupt, [&] { interrupted = true; });
  print_error("press a pad, hold it, tap it twice, press a chord, turn a knob both ways ...");
  const SystemClock clock;
  Learner learner;
  int learned = 0;
  Nanos until = clock.monotonic() + *patience;
  while (learned < options.count) {
    if (interrupted) return kInterrupted;
    if (clock.monotonic() >= until && !learner.next_deadline()) {
      print_error("nothing came in for " + format_duration(*patience) +
                  "; `midimon ports` lists what sends");
      return kFailed;
    }
    if (const auto pumped = (*pump)(learner); !pumped) return report(pumped.error());
    const auto found = learner.take(clock.monotonic());
    if (!found) continue;
    print(options, *found);
    ++learned;
    until = clock.monotonic() + *patience;
  }
  return kOk;
}

}  // namespace

void add_learn(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "learn",
      "Do something with a controller and get the mapping that asks for it, to be put into a "
      "profile: a press, long press, double tap, chord, a knob, an encoder and how it counts, a "
      "wheel, pressure, a program, a parameter, a system exclusive message.\n"
      "What a running daemon hears is used where one runs, and it goes on meanwhile.\n"
      "Exit status: 0 done, 1 nothing came in, 2 there are no ports, 130 interrupted.");
  command->add_option("--count", options->count, "How many to learn")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--timeout", options->timeout, "How long to wait for each")
      ->capture_default_str();
  command->add_option("--port", options->port,
                      "Only ports with this in their names, where no daemon runs");
  command->add_option("--api", options->api, "Where ports are looked for, where no daemon runs")
      ->check(CLI::IsMember({"jack", "alsa"}));
  command->add_flag("--json", options->json, "As JSON, one object a line");
  command->callback([=, &status] { status = learn(*options); });
}

}  // namespace midimon::cli
