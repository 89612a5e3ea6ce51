// midimon record: writes down a session of the running daemon, to be played again.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/daemon_client.h"
#include "cli/interrupt.h"
#include "cli/key_files.h"
#include "cli/recorder.h"
#include "daemon/recording.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds kLook(50);

struct Options {
  std::string file;
  std::string duration;
  bool force = false;
};

Recording header_of(const json& status) {
  Recording header;
  header.profile = status.value("profile", "");
  header.mode = status.value("mode", "");
  for (const json& input : status["ports"]["connected"])
    header.inputs.push_back(input.get<std::string>());
  return header;
}

int record(const Options& options) {
  Nanos until = Nanos::max();
  const SystemClock clock;
  if (!options.duration.empty()) {
    const auto duration = parse_duration(options.duration);
    if (!duration) return report(duration.error());
    until = clock.monotonic() + *duration;
  }
  Interrupt interrupt;
  auto client = connect_daemon();
  if (!client) return report(client.error());
  const auto status = client->call("status");
  if (!status) return report(status.error());
  auto recorder = Recorder::create(options.file, options.force, header_of(*status));
  if (!recorder) return report(recorder.error());
  if (const auto told = client->call("subscribe"); !told) return report(told.error());
  print_error("recording to " + options.file + "; Ctrl-C ends it");

  std::atomic<bool> interrupted = false;
  const OnInterrupt on_interrupt(interrupt, [&] { interrupted = true; });
  Progress progress;
  while (!interrupted && clock.monotonic() < until) {
    auto event = client->next_event(kLook);
    if (!event) break;  // the daemon has ended, and so has its session
    if (!*event) continue;
    if (auto added = recorder->add((*event)->method, (*event)->value); !added) {
      progress.clear();
      return report(added.error());
    }
    progress.show(fmt::format("{} messages", recorder->messages()));
  }
  progress.clear();
  if (auto done = recorder->finish(); !done) return report(done.error());
  print_error(fmt::format("recorded {} messages and {} other events", recorder->messages(),
                          recorder->others()));
  return kOk;
}

}  // namespace

void add_record(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "record",
      "Write down what the running daemon hears and what comes of it, until Ctrl-C or until it "
      "ends, so that `midimon replay` can play it again. With a name that ends in .mid, the "
      "messages alone, as a Standard MIDI File.\n"
      "Exit status: 0 done, 2 no daemon runs, or the file cannot be written.");
  command->add_option("FILE", options->file, "Where to; .mid for a Standard MIDI File")->required();
  command->add_option("--for", options->duration, "End after so long, such as 30s or 2h");
  command->add_flag("--force", options->force, "Replace a file that is there");
  command->callback([=, &status] { status = record(*options); });
}

}  // namespace midimon::cli
